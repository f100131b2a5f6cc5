/*
** Runs a target on the inputs that it is given, one after the other, without a fuzzer: for
** builds that a fuzzer cannot be linked into, such as the one that counts lines.
**
**   TARGET FILE...
*/
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define INPUT_MAX (64 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int main(int argc, char **argv) {
  static uint8_t bytes[INPUT_MAX];
  int i;
  for (i = 1; i < argc; i++) {
    FILE *file = fopen(argv[i], "rb");
    size_t n;
    if (file == NULL) {
      perror(argv[i]);
      return EXIT_FAILURE;
    }
    n = fread(bytes, 1, sizeof bytes, file);
    (void)fclose(file);
    (void)LLVMFuzzerTestOneInput(bytes, n);
  }
  printf("%d inputs\n", argc - 1);
  return argc > 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}
