"""What a render would do, as data: plan, changes, cost, selection."""
