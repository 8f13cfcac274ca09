"""The mes_bridge room's use cases."""
