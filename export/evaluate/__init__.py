"""What is known of an artifact that plays notes: one report, beside music by people."""
