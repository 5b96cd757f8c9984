"""Associated Learning (Kao, 2019): the method, its training and its analysis."""
