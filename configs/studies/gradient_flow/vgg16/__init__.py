"""VGG16 on ImageNet, every layer but the first at 80 %."""
