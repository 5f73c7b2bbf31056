extern "C" __global__ void fold(i64 outputs, i64 per_output, float eps, const float* weight, const float* bias,
                                const float* gain, const float* shift, const float* mean, const float* variance,
                                WEIGHT* to_weight, float* to_bias) {
    EACH_ROW(o, outputs) {
        float scale = gain[o] / sqrtf(variance[o] + eps);
        if (team_lane() == 0) to_bias[o] = scale * ((bias ? bias[o] : 0.0f) - mean[o]) + shift[o];
        for (i64 i = team_lane(); i < per_output; i += TEAM) {
            to_weight[o * per_output + i] = narrow<WEIGHT>(scale * weight[o * per_output + i]);
        }
    }
}
