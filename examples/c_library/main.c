/* Says what digit an image is: classify < IMAGE, the image being 28x28 bytes of grey, one row after the other. */
#include <stdio.h>

#include "lenet.h"

int main(void) {
  unsigned char grey[LENET_INPUT_LEN];
  float image[LENET_INPUT_LEN], logits[LENET_OUTPUT_LEN];
  if (fread(grey, 1, sizeof grey, stdin) != sizeof grey) {
    fprintf(stderr, "classify: an image has %d bytes\n", LENET_INPUT_LEN);
    return 1;
  }
  for (int i = 0; i < LENET_INPUT_LEN; i++) image[i] = grey[i] / 255.0f;

  enum castiron_status status = lenet_infer(image, logits);
  if (status != CASTIRON_OK) {
    fprintf(stderr, "classify: lenet_infer gives %d\n", status);
    return 1;
  }
  int best = 0;
  for (int i = 0; i < LENET_OUTPUT_LEN; i++) {
    printf("%d %.9g\n", i, logits[i]);
    if (logits[i] > logits[best]) best = i;
  }
  printf("it is a %d\n", best);
  return 0;
}
