// The functions of one element, by the numbers that `code` gives them: those of the host in their order.
enum class Function {
    Neg, Abs, Sign, Floor, Ceil, Round, Trunc, Frac, Exp, Exp2, Expm1, Log, Log2, Log10, Log1p, Sqrt, Rsqrt,
    Recip, Square, Sin, Cos, Tan, Asin, Acos, Atan, Sinh, Cosh, Tanh, Asinh, Acosh, Atanh, Sigmoid, Relu,
    Relu6, LeakyRelu, Elu, Gelu, GeluTanh, Silu, Softplus, Mish, LogSigmoid, Hardsigmoid, Hardswish, Erf,
    Erfc, AddScalar, MulScalar, DivScalar, RsubScalar, RdivScalar, PowScalar, RpowScalar, Clamp, RemScalar,
    AddInt, MulInt, RsubInt, DivInt, RemInt, PowInt, ClampInt, LogicalNot
};

// √(2/π)·(x + 0.044715·x³)
template <class C>
__device__ inline C gelu_tanh_inner(C x) {
    return (C)0.7978845608028654 * (x + (C)0.044715 * (x * x * x));
}
template <class C>
__device__ inline C logistic(C x) {
    return 1 / (1 + exp(-x));
}
// tanh ln(1 + eˣ) = n/(n + 2) with n = eˣ·(eˣ + 2)
template <class C>
__device__ inline C tanh_of_softplus(C x) {
    // From 20 on it is 1, and n does not overflow.
    C e = exp(x > 20 ? (C)20 : x), n = e * (e + 2);
    return n / (n + 2);
}
