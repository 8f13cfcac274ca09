"""The room's commands."""

import os
from pathlib import Path

import click


def commands() -> click.Group:
    """``lotone simulate``: plays what stands on a real shop floor."""

    @click.group()
    def simulate() -> None:
        """Play a plant."""

    @simulate.command()
    @click.option("--url", default=lambda: f"http://127.0.0.1:{os.environ.get('LOTONE_PORT', '8000')}", help="Where the product answers.")
    @click.option(
        "--key-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True, help="File with the machine key."
    )
    @click.option("--seed", default=1, show_default=True, help="The same seed plays the same day again.")
    @click.option("--breakdowns/--no-breakdowns", default=True, show_default=True)
    @click.option("--mistakes/--no-mistakes", default=True, show_default=True, help="Repeated, late and wrong reports.")
    def plant(url: str, key_file: Path, seed: int, breakdowns: bool, mistakes: bool) -> None:
        """Lease work orders, make them on simulated machines, report and measure until it is told to end."""
        from mes_bridge.simulator.client import KeyRefused
        from mes_bridge.simulator.habits import Habits
        from mes_bridge.simulator.plant import run

        habits = Habits()
        habits = habits if breakdowns else habits.without_breakdowns()
        habits = habits if mistakes else habits.without_mistakes()
        try:
            run(url, key_file.read_text().strip(), seed, habits)
        except KeyRefused as refused:
            raise click.ClickException(f"the machine key is refused ({refused}); see 'lotone seed'") from None

    return simulate
