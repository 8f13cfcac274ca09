"""What the mes_bridge room stores."""
