// y = f(x) of type ELEMENT, WIDTH elements at a time. SLOW: the functions of many instructions.

// The greater and the lesser, of which the first may be NaN.
template <class C>
__device__ inline C at_least(C x, C low) {
    return x < low ? low : x;
}
template <class C>
__device__ inline C at_most(C x, C high) {
    return x > high ? high : x;
}
template <class C>
__device__ inline C hardsigmoid(C x) {
    return at_most(at_least(x + 3, (C)0), (C)6) / 6;
}
template <class C>
__device__ inline C softplus(C x) {
    return at_least(x, (C)0) + log1p(exp(-fabs(x)));
}

// s and t are the numbers of the function.
template <class C>
__device__ inline C of_float(Function function, C s, C t, C x) {
    switch (function) {
#if SLOW
        case Function::Exp: return exp(x);
        case Function::Exp2: return exp2(x);
        case Function::Expm1: return expm1(x);
        case Function::Log: return log(x);
        case Function::Log2: return log2(x);
        case Function::Log10: return log10(x);
        case Function::Log1p: return log1p(x);
        case Function::Sin: return sin(x);
        case Function::Cos: return cos(x);
        case Function::Tan: return tan(x);
        case Function::Asin: return asin(x);
        case Function::Acos: return acos(x);
        case Function::Atan: return atan(x);
        case Function::Sinh: return sinh(x);
        case Function::Cosh: return cosh(x);
        case Function::Tanh: return tanh(x);
        case Function::Asinh: return asinh(x);
        case Function::Acosh: return acosh(x);
        case Function::Atanh: return atanh(x);
        case Function::Sigmoid: return logistic(x);
        case Function::Elu: return x > 0 ? x : s * expm1(x);
        // Not -infinity times 0.
        case Function::Gelu: return x < -40 ? (C)-0.0 : (C)0.5 * x * erfc((C)-0.7071067811865476 * x);
        // (1 + tanh u)/2 = σ(2u), which does not cancel to the left.
        case Function::GeluTanh: return x * logistic(2 * gelu_tanh_inner(x));
        case Function::Silu: return x * logistic(x);
        case Function::Softplus: return softplus(x);
        case Function::Mish: return x * tanh_of_softplus(x);
        // A difference: far to the right it is zero, not minus zero.
        case Function::LogSigmoid: return 0 - softplus(-x);
        case Function::Erf: return erf(x);
        case Function::Erfc: return erfc(x);
        case Function::PowScalar: return number::pow(x, s);
        case Function::RpowScalar: return number::pow(s, x);
        default: return number::rem(x, s);
#else
        case Function::Neg: return -x;
        case Function::Abs: return fabs(x);
        case Function::Sign: return (C)((x > 0) - (x < 0));
        case Function::Floor: return floor(x);
        case Function::Ceil: return ceil(x);
        case Function::Round: return rint(x);
        case Function::Trunc: return trunc(x);
        case Function::Frac: return x - trunc(x);
        case Function::Sqrt: return sqrt(x);
        case Function::Rsqrt: return rsqrt(x);
        case Function::Recip: return 1 / x;
        case Function::Square: return x * x;
        case Function::Relu: return at_least(x, (C)0);
        case Function::Relu6: return at_most(at_least(x, (C)0), (C)6);
        case Function::LeakyRelu: return x > 0 ? x : s * x;
        case Function::Hardsigmoid: return hardsigmoid(x);
        case Function::Hardswish: return x * hardsigmoid(x);
        case Function::AddScalar: return x + s;
        case Function::MulScalar: return x * s;
        case Function::DivScalar: return x / s;
        case Function::RsubScalar: return s - x;
        case Function::RdivScalar: return s / x;
        default: return at_most(at_least(x, s), t);
#endif
    }
}

template <class C>
__device__ inline C of_integer(Function function, C s, C t, C x) {
    switch (function) {
        case Function::Neg: return number::neg(x);
        case Function::Abs: return x < 0 ? number::neg(x) : x;
        case Function::Sign: return (C)((x > 0) - (x < 0));
        case Function::Square: return number::mul(x, x);
        case Function::Relu: return at_least(x, (C)0);
        case Function::AddInt: return number::add(x, s);
        case Function::MulInt: return number::mul(x, s);
        case Function::RsubInt: return number::sub(s, x);
        case Function::DivInt: return number::div(x, s);
        case Function::RemInt: return number::rem(x, s);
        case Function::PowInt: return number::pow(x, s);
        case Function::ClampInt: return at_most(at_least(x, s), t);
        default: return x == 0;
    }
}

template <class C>
__device__ inline C apply(Function function, C s, C t, C x) {
    if constexpr (IsFloat<C>::value) {
        return of_float(function, s, t, x);
    } else {
        return of_integer(function, s, t, x);
    }
}

// The numbers of the function are `s` and `t` for floats, `m` and `n` for integers.
extern "C" __global__ void unary(int function, double s, double t, i64 m, i64 n, i64 count,
                                 const Pack<ELEMENT, WIDTH>* x, Pack<ELEMENT, WIDTH>* y) {
    typedef Compute<ELEMENT> C;
    const bool is_float = IsFloat<Wide<ELEMENT>>::value;
    C first = is_float ? (C)s : (C)m, second = is_float ? (C)t : (C)n;
    EACH(i, count) {
        Pack<ELEMENT, WIDTH> pack = x[i];
        for (int k = 0; k < WIDTH; k++) {
            pack.at[k] = stored<ELEMENT>(apply((Function)function, first, second, computed(pack.at[k])));
        }
        y[i] = pack;
    }
}
