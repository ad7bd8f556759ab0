/* SPDX-License-Identifier: Apache-2.0 */

/* Runs a fuzz target over stored inputs: `fuzz_x FILE|FOLDER...`, where there is no libFuzzer. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int count;

static int replay_file(const char *path)
{
    uint8_t *data = malloc(INPUT_MAX);
    FILE *file = fopen(path, "rb");
    size_t len;

    if (!file || !data) {
        fprintf(stderr, "could not read %s\n", path);
        free(data);
        return 1;
    }
    len = fread(data, 1, INPUT_MAX, file);
    fclose(file);
    data = realloc(data, len ? len : 1); /* so that ASan sees one octet too many */
    LLVMFuzzerTestOneInput(data, len);
    free(data);
    count++;
    return 0;
}

static int replay_folder(const char *path, DIR *folder)
{
    char name[4096];
    const struct dirent *entry;
    int failed = 0;

    while ((entry = readdir(folder))) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
        failed |= replay_file(name);
    }
    closedir(folder);
    return failed;
}

int main(int argc, char **argv)
{
    int failed = 0;

    for (int i = 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);

        failed |= folder ? replay_folder(argv[i], folder) : replay_file(argv[i]);
    }
    printf("%d inputs\n", count);
    return failed || count == 0;
}
