"""LeNet5 on MNIST, every layer at 95 %."""
