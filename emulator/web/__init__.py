"""The aiohttp edge: routes, the sender, the driver that lends the engine a clock."""
