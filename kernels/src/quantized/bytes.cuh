// Integers that stand for real numbers: `Factor`, `Pair` and `Points` of the CPU, to the bit.

typedef unsigned char u8;
typedef signed char i8;

// A positive number that integers are multiplied by, taken from the bits of an f32.
struct Factor {
    int multiplier, left, right;

    __device__ explicit Factor(float scale) {
        int bits = __float_as_int(scale), exponent = bits >> 23 & 0xff;
        multiplier = (bits & 0x7fffff | 0x800000) << 7;
        left = min(max(exponent - 124, 0), 24);
        right = min(max(125 - exponent, 1), 31);
    }
    // ⌊sum·factor + ½⌋.
    __device__ int times(int sum) const {
        const int GREATEST = 0x7fffffff;
        sum = min(max(sum, (-GREATEST - 1) >> left), GREATEST >> left);
        return (__mulhi((int)((u32)sum << left), multiplier) + (1 << (right - 1))) >> right;
    }
};

// Two factors, for the sum of two differences of bytes.
struct Pair {
    int first, second, shift;

    __device__ static int exponent(float scale) { return __float_as_int(scale) >> 23 & 0xff; }
    __device__ static int scaled(float scale, int largest) {
        int shift = 3 + max(largest - exponent(scale), 0);
        return shift > 31 ? 0 : (__float_as_int(scale) & 0x7fffff | 0x800000) >> shift;
    }
    __device__ Pair(float a, float b) {
        int largest = min(max(max(exponent(a), exponent(b)), 116), 146);
        first = scaled(a, largest), second = scaled(b, largest), shift = 147 - largest;
    }
    // ⌊a·first + b·second + ½⌋.
    __device__ int sum(int a, int b) const { return (a * first + b * second + (1 << (shift - 1))) >> shift; }
};

// The zero points of x and y, and the least and the greatest y.
struct Points {
    int x, y, low, high;

    __device__ explicit Points(const u8* bytes) : x(bytes[0]), y(bytes[1]), low(bytes[2]), high(bytes[3]) {}
    // What a multiple of y's scale is as a byte.
    __device__ u8 byte(int multiple) const { return (u8)min(max(y + multiple, low), high); }
};

// What is added to the sums of an output channel, and how they become multiples of y's scale.
struct Channel {
    int bias;
    Factor factor;

    __device__ Channel(const int* biases, const float* factors, i64 channel)
        : bias(biases[channel]), factor(factors[channel]) {}
    __device__ int finish(int sum) const { return factor.times((int)((u32)sum + (u32)bias)); }
};
