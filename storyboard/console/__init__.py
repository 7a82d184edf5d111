"""What commands share: options, reading storyboards, printing, progress, signals, summary."""
