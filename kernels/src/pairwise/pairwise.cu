// Functions of two elements of type ELEMENT, WIDTH elements at a time. SLOW: those of many instructions.

enum {
    ADD, SUB, MUL, DIV, POW, REM, FMOD, DIV_FLOOR, MAXIMUM, MINIMUM, ATAN2,
    EQ, NE, LT, LE, GT, GE, AND, OR, XOR
};

// The function that floats alone have, and those that integers alone have.
template <class C>
__device__ inline C others(int op, C a, C b) {
    if constexpr (IsFloat<C>::value) {
        return atan2(a, b);
    } else {
        return op == AND ? a & b : op == OR ? a | b : a ^ b;
    }
}

template <class C>
__device__ inline C combine(int op, C a, C b) {
    switch (op) {
#if SLOW
        case POW: return number::pow(a, b);
        case REM: return number::rem(a, b);
        case FMOD: return number::fmod(a, b);
        case DIV_FLOOR: return number::div_floor(a, b);
        default: return others(op, a, b);
#else
        case ADD: return number::add(a, b);
        case SUB: return number::sub(a, b);
        case MUL: return number::mul(a, b);
        case DIV: return number::div(a, b);
        case MAXIMUM: return maximum(a, b);
        case MINIMUM: return minimum(a, b);
        default: return others(op, a, b);
#endif
    }
}

extern "C" __global__ void pairwise(i64 count, int rank, Axes lens, Axes a_strides, Axes b_strides, int op,
                                    const ELEMENT* a, const ELEMENT* b, ELEMENT* y, Faults* faults, int name) {
    bool by_zero = false;
    EACH(i, count) {
        Place<INDEX> places[2] = {};
        locate((INDEX)i, rank, lens, places, a_strides, b_strides);
        Pack<ELEMENT, WIDTH> left = read_pack<WIDTH>(a + places[0], a_strides[0] == 0);
        Pack<ELEMENT, WIDTH> right = read_pack<WIDTH>(b + places[1], b_strides[0] == 0), result;
        for (int k = 0; k < WIDTH; k++) {
            Compute<ELEMENT> divisor = computed(right.at[k]);
            by_zero |= divisor == 0;
            result.at[k] = stored<ELEMENT>(combine(op, computed(left.at[k]), divisor));
        }
        ((Pack<ELEMENT, WIDTH>*)y)[i] = result;
    }
    bool divides = op == DIV || op == REM || op == FMOD || op == DIV_FLOOR;
    if (!IsFloat<Wide<ELEMENT>>::value && divides && by_zero) report_zero_divisor(faults, name);
}

template <class C>
__device__ inline bool compare(int op, C a, C b) {
    switch (op) {
        case EQ: return a == b;
        case NE: return a != b;
        case LT: return a < b;
        case LE: return a <= b;
        case GT: return a > b;
        default: return a >= b;
    }
}

extern "C" __global__ void pairwise_compare(i64 count, int rank, Axes lens, Axes a_strides, Axes b_strides, int op,
                                            const ELEMENT* a, const ELEMENT* b, Bool* y) {
    EACH(i, count) {
        Place<INDEX> places[2] = {};
        locate((INDEX)i, rank, lens, places, a_strides, b_strides);
        Pack<ELEMENT, WIDTH> left = read_pack<WIDTH>(a + places[0], a_strides[0] == 0);
        Pack<ELEMENT, WIDTH> right = read_pack<WIDTH>(b + places[1], b_strides[0] == 0);
        Pack<Bool, WIDTH> result;
        for (int k = 0; k < WIDTH; k++) {
            result.at[k].byte = compare(op, computed(left.at[k]), computed(right.at[k]));
        }
        ((Pack<Bool, WIDTH>*)y)[i] = result;
    }
}
