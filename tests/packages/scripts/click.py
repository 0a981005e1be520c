import click
from click.testing import CliRunner


@click.command()
@click.argument("name")
@click.option("--count", type=click.IntRange(1, 5), default=2, show_default=True)
def greet(name, count):
    click.echo(f"hello, {name} " * count)


def run(url):
    runner = CliRunner()
    asked = (["Ada"], ["Ada", "--count", "9"], ["--help"])
    return [[answer.exit_code, answer.output] for answer in (runner.invoke(greet, each) for each in asked)]
