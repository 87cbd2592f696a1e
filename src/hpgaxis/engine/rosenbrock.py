"""RODAS4: a Rosenbrock method of order 4 with six stages, L-stable and stiffly accurate, with an error of order 3.

Hairer & Wanner, Solving Ordinary Differential Equations II (2nd ed. 1996), section VI.4, the coefficients of the code
RODAS in the form that needs no product with the Jacobian:

    (I / (gamma h) - J) k_i = f(t + alpha_i h, y + sum_j a_ij k_j) + sum_j (c_ij / h) k_j + h d_i df/dt

The new state is the argument of the last stage plus k_6, and k_6 estimates the error. Dense output is of order 3:
y(t + s h) = (1 - s) y + s (y_new + (1 - s) (sum_j e_j k_j + s sum_j g_j k_j)).
"""

import numpy as np

STAGES = 6
ORDER = 4
ERROR_ORDER = 3

gamma = 0.25
alpha = np.array([0.0, 0.386, 0.21, 0.63, 1.0, 1.0])
d = np.array([0.25, -0.1043, 0.1035, -0.0362, 0.0, 0.0])

a = np.zeros((6, 6))
a[1, 0] = 1.544
a[2, :2] = 0.9466785280815826, 0.2557011698983284
a[3, :3] = 3.314825187068521, 2.896124015972201, 0.9986419139977817
a[4, :4] = 1.221224509226641, 6.019134481288629, 12.53708332932087, -0.687886036105895
a[5, :5] = 1.221224509226641, 6.019134481288629, 12.53708332932087, -0.687886036105895, 1.0

c = np.zeros((6, 6))
c[1, 0] = -5.6688
c[2, :2] = -2.430093356833875, -0.2063599157091915
c[3, :3] = -0.1073529058151375, -9.594562251023355, -20.47028614809616
c[4, :4] = 7.496443313967647, -10.24680431464352, -33.99990352819905, 11.7089089320616
c[5, :5] = 8.083246795921522, -7.981132988064893, -31.52159432874371, 16.31930543123136, -6.058818238834054

e = np.array([10.12623508344586, -7.487995877610167, -34.80091861555747, -7.992771707568823, 1.025137723295662])
g = np.array([-0.6762803392806898, 6.087714651680015, 16.43084320892478, 24.76722511418386, -6.594389125716872])
