"""ResNet-50 on ImageNet, every layer but the first at 80 %."""
