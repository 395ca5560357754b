"""Figures: arrays in, a matplotlib figure out; one module a subject. Nothing here knows an experiment, a model or a file.

Marks and line styles tell apart what colours do; panels that are compared have one scale.
"""

from pipeline.evaluation.figures.activations import activation_maps
from pipeline.evaluation.figures.classification import confusion_matrix, worst_errors
from pipeline.evaluation.figures.curves import learning_curves
from pipeline.evaluation.figures.functions import activation_functions
from pipeline.evaluation.figures.images import sample_images
from pipeline.evaluation.figures.plane import decision_boundary, output_surfaces
from pipeline.evaluation.figures.regression import error_map, residuals
from pipeline.evaluation.figures.weights import convolution_kernels, first_layer_weights

__all__ = [
    "activation_functions",
    "activation_maps",
    "confusion_matrix",
    "convolution_kernels",
    "decision_boundary",
    "error_map",
    "first_layer_weights",
    "learning_curves",
    "output_surfaces",
    "residuals",
    "sample_images",
    "worst_errors",
]
