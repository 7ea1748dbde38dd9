"""The best sizes of a student under a limit of time and size: drawn, measured, scored without training, a few trained.

The idea is that of AutoDistil (Xu et al. 2022: distil inside a budget, search the student) and DisWOT (Dong et al.
2023: rank students without training them), made small enough for an hour on two cores.
"""
