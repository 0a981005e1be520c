import typer
from typer.testing import CliRunner

program = typer.Typer()


@program.command()
def greet(name: str, count: int = 2):
    typer.echo(f"hello, {name} " * count)


def run(url):
    runner = CliRunner()
    return [[answer.exit_code, answer.output] for answer in (runner.invoke(program, each) for each in (["Ada"], []))]
