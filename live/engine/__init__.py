"""The engine: clock, models, plan. It takes what control asks between steps, and never waits for it."""
