// dx = dy·f'(x) of type ELEMENT, WIDTH elements at a time. SLOW: the functions of many instructions.

// `kept` is x or y, whichever the host says; s and t are the numbers of the function.
template <class C>
__device__ inline C chain(Function function, C s, C t, C kept, C dy) {
    const C x = kept, y = kept, ln_2 = (C)0.6931471805599453, ln_10 = (C)2.302585092994046;
    switch (function) {
#if SLOW
        case Function::Sin: return dy * cos(x);
        case Function::Cos: return -dy * sin(x);
        case Function::Sinh: return dy * cosh(x);
        case Function::Cosh: return dy * sinh(x);
        case Function::Elu: return x > 0 ? dy : dy * (s * exp(x));
        case Function::Gelu: {
            // Beyond 40 the density is zero; not infinity times 0.
            C near = x < -40 ? (C)-40 : x > 40 ? (C)40 : x;
            C normal = (C)0.5 * erfc((C)-0.7071067811865476 * x);
            return dy * (normal + near * (C)0.3989422804014327 * exp((C)-0.5 * (near * near)));
        }
        case Function::GeluTanh: {
            C sigma = logistic(2 * gelu_tanh_inner(x));
            C inner = 2 * ((C)0.7978845608028654 * (1 + (C)(3 * 0.044715) * (x * x)));
            return dy * (sigma + x * (sigma * (1 - sigma)) * inner);
        }
        case Function::Silu: {
            C sigma = logistic(x);
            return dy * (sigma * (1 + x * (1 - sigma)));
        }
        case Function::Softplus: return dy * logistic(x);
        case Function::LogSigmoid: return dy * logistic(-x);
        case Function::Mish: {
            C tanh = tanh_of_softplus(x);
            return dy * (tanh + x * logistic(x) * (1 - tanh * tanh));
        }
        case Function::Erf: return dy * ((C)1.1283791670955126 * exp(-(x * x)));
        case Function::Erfc: return dy * ((C)-1.1283791670955126 * exp(-(x * x)));
        // s·xˢ⁻¹, t being s - 1; zero where s is, for x = 0 too.
        default: return s == 0 ? 0 : dy * (s * number::pow(x, t));
#else
        case Function::AddScalar:
        case Function::RemScalar:
        case Function::Frac: return dy;
        case Function::Neg:
        case Function::RsubScalar: return -dy;
        case Function::MulScalar: return dy * s;
        case Function::DivScalar: return dy / s;
        case Function::Exp: return dy * y;
        case Function::Exp2: return dy * (y * ln_2);
        // The power of zero is zero all around.
        case Function::RpowScalar: return s == 0 ? 0 : dy * (y * log(s));
        case Function::Expm1: return dy * (y + 1);
        case Function::Sqrt: return dy / (y + y);
        case Function::Rsqrt: return dy * ((C)-0.5 * (y * y * y));
        case Function::Recip: return -(dy * (y * y));
        case Function::Tan: return dy * (1 + y * y);
        case Function::Tanh: return dy * (1 - y * y);
        case Function::Sigmoid: return dy * (y * (1 - y));
        case Function::Relu: return y > 0 ? dy : 0;
        case Function::Relu6: return y > 0 && y < 6 ? dy : 0;
        case Function::LeakyRelu: return kept > 0 ? dy : dy * s;
        case Function::Abs: return dy * (C)((x > 0) - (x < 0));
        case Function::Square: return dy * (x + x);
        case Function::RdivScalar: return dy * (-s / (x * x));
        case Function::Clamp: return x > s && x < t ? dy : 0;
        case Function::Log: return dy / x;
        case Function::Log2: return dy / (x * ln_2);
        case Function::Log10: return dy / (x * ln_10);
        case Function::Log1p: return dy / (1 + x);
        // (1 - x)(1 + x), which is exact near 1 and -1.
        case Function::Asin: return dy / sqrt((1 - x) * (1 + x));
        case Function::Acos: return -(dy / sqrt((1 - x) * (1 + x)));
        case Function::Atan: return dy / (1 + x * x);
        case Function::Asinh: return dy / sqrt(1 + x * x);
        case Function::Acosh: return dy / sqrt((x - 1) * (x + 1));
        case Function::Atanh: return dy / ((1 - x) * (1 + x));
        case Function::Hardsigmoid: return fabs(x) < 3 ? dy / 6 : 0;
        case Function::Hardswish: return x <= -3 ? 0 : x >= 3 ? dy : dy * (x / 3 + (C)0.5);
        // Steps.
        default: return 0;
#endif
    }
}

// `kept` is null where the derivative is the same everywhere.
extern "C" __global__ void unary_backward(int function, double s, double t, i64 count,
                                          const Pack<ELEMENT, WIDTH>* kept, const Pack<ELEMENT, WIDTH>* dy,
                                          Pack<ELEMENT, WIDTH>* dx) {
    typedef Compute<ELEMENT> C;
    EACH(i, count) {
        Pack<ELEMENT, WIDTH> pack = dy[i], at = {};
        if (kept) at = kept[i];
        for (int k = 0; k < WIDTH; k++) {
            C d = chain((Function)function, (C)s, (C)t, computed(at.at[k]), computed(pack.at[k]));
            pack.at[k] = stored<ELEMENT>(d);
        }
        dx[i] = pack;
    }
}
