"""The student at run time: encoder, ONNX session, decoder, and the artifact folder that training hands over."""
