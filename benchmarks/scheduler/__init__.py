"""How fast a plant with many open orders answers to what happens on its floor."""
