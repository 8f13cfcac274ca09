"""What can be simulated? The plant and its customers (demo_customers, mes_bridge), and what order-driven production brings."""

from lotone.demo_customers import customers
from lotone.results_command import results
from mes_bridge.commands import simulate

simulate.add_command(customers)
simulate.add_command(results)

__all__ = ["simulate"]
