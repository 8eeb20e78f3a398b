"""Dense nets that lotteries start from, by `launch.lottery`."""
