"""LeNet5 on MNIST, every layer at 95 %, without weight decay."""
