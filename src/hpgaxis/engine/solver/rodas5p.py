"""Coefficients of RODAS5P: a Rosenbrock-Wanner method of order 5 with eight stages, L-stable and stiffly accurate.

G. Steinebach, "Construction of Rosenbrock-Wanner method Rodas5P and numerical benchmarks within the Julia Differential
Equations package", BIT Numerical Mathematics 63:27 (2023), doi:10.1007/s10543-023-00967-x. The paper's equation (1.2)
has the coefficients gamma, alpha_ij, gamma_ij and b_i, with alpha_i = sum_j alpha_ij and gamma_i = gamma +
sum_j gamma_ij. Here a_ij and c_ij stand for alpha_ij and gamma_ij after the transformation that saves the product with
the Jacobian J (Hairer and Wanner, Solving Ordinary Differential Equations II, 2nd ed. 1996, section IV.7):

    (I / (gamma h) - J) k_i = f(t + alpha_i h, y + sum_j a_ij k_j) + sum_j (c_ij / h) k_j + h gamma_i df/dt

The new state is y_new = y + sum_j a_8j k_j + k_8, and k_8 is the error estimate, of order 4. The dense output is of
order 4: y(t + s h) = (1 - s) y + s (y_new + (1 - s) (H_1 + s (H_2 + s H_3))) with H_i = sum_j h_ij k_j.
"""

import numpy as np

STAGES = 8

gamma = 0.21193756319429014
alpha = np.array([0, 0.6358126895828704, 0.4095798393397535, 0.9769306725060716, 0.4288403609558664, 1, 1, 1])
gamma_i = np.array(
    [0.21193756319429014, -0.42387512638858027, -0.3384627126235924, 1.8046452872882734, 2.325825639765069, 0, 0, 0]
)

a = np.zeros((8, 8))
a[1, 0] = 3.0
a[2, :2] = 2.849394379747939, 0.45842242204463923
a[3, :3] = -6.954028509809101, 2.489845061869568, -10.358996098473584
a[4, :4] = 2.8029986275628964, 0.5072464736228206, -0.3988312541770524, -0.04721187230404641
a[5:, :5] = -7.502846399306121, 2.561846144803919, -11.627539656261098, -0.18268767659942256, 0.030198172008377946
a[6:, 5] = 1.0
a[7, 6] = 1.0

c = np.zeros((8, 8))
c[1, 0] = -14.155112264123755
c[2, :2] = -17.97296035885952, -2.859693295451294
c[3, :3] = 147.12150275711716, -1.41221402718213, 71.68940251302358
c[4, :4] = 165.43517024871676, -0.4592823456491126, 42.90938336958603, -5.961986721573306
c[5, :5] = 24.854864614690072, -3.0009227002832186, 47.4931110020768, 5.5814197821558125, -0.6610691825249471
c[6, :6] = (
    30.91273214028599, -3.1208243349937974, 77.79954646070892, 34.28646028294783, -19.097331116725623,
    -28.087943162872662,
)  # fmt: skip
c[7, :7] = (
    37.80277123390563, -3.2571969029072276, 112.26918849496327, 66.9347231244047, -40.06618937091002,
    -54.66780262877968, -9.48861652309627,
)  # fmt: skip

extends_previous = np.array(
    [i > 1 and bool(np.all(a[i, : i - 1] == a[i - 1, : i - 1])) and a[i, i - 1] == 1 for i in range(8)]
)
"""Stage i evaluates f at the argument of stage i - 1 plus k of that stage."""

h = np.array(
    [
        [
            25.948786856663858, -2.5579724845846235, 10.433815404888879, -2.3679251022685204, 0.524948541321073,
            1.1241088310450404, 0.4272876194431874, -0.17202221070155493,
        ],
        [
            -9.91568850695171, -0.9689944594115154, 3.0438037242978453, -24.495224566215796, 20.176138334709044,
            15.98066361424651, -6.789040303419874, -6.710236069923372,
        ],
        [
            11.419903575922262, 2.8879645146136994, 72.92137995996029, 80.12511834622643, -52.072871366152654,
            -59.78993625266729, -0.15582684282751913, 4.883087185713722,
        ],
    ]
)  # fmt: skip
