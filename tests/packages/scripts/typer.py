import typer
from typer.testing import CliRunner

program = typer.Typer()


@program.command()
def greet(name: str, count: int = 2):
    typer.echo(f"hello, {name} " * count)


def run(url):
    runner, asked = CliRunner(), (["Ada"], ["Zoë", "--count", "1"], [])
    answers = [runner.invoke(program, each, catch_exceptions=False) for each in asked]
    return [[answer.exit_code, answer.output] for answer in answers]
