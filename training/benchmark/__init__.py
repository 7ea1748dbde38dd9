"""What the product must show, measured: accuracy, speed, memory and calibration, one function a figure.

Everything runs through `extractor`'s public doors, so that what is measured is what is shipped; nothing needs torch.
"""
