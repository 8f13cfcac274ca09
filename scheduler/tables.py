"""What the scheduler room stores."""
