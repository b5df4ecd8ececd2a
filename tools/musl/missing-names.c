// Names that a Node of musl, or Debian's libgcc_s in it, asks for and that no library beside it has. For tests
// only. x86_64.
#define _GNU_SOURCE
#include <link.h>
#include <stdlib.h>
#include <string.h>

// std::string::_M_replace_cold, of libstdc++ 13 and later: replaces `old` bytes at `at` by `length` bytes that may lie
// in the same string; `after` bytes follow. The string has room for it, and sets its length and end itself.
void replace_cold(void *string, char *at, size_t old, const char *from, size_t length, size_t after)
    __asm__("_ZNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEE15_M_replace_coldEPcmPKcmm");

void replace_cold(void *string, char *at, size_t old, const char *from, size_t length,
                  size_t after) {
  char *copy = malloc(length + 1);
  if (!copy) abort();
  memcpy(copy, from, length);
  memmove(at + length, at + old, after);
  memcpy(at, copy, length);
  free(copy);
}

// glibc's <dlfcn.h>: struct dl_find_object
struct object {
  unsigned long long flags;
  void *start, *end, *link_map, *eh_frame;
  unsigned long long reserved[7];
};

struct search {
  ElfW(Addr) address;
  struct object *found;
};

static int look_in(struct dl_phdr_info *info, size_t size, void *data) {
  struct search *search = data;
  struct object object = {.start = (void *)-1};
  int inside = 0;
  for (size_t index = 0; index < info->dlpi_phnum; index++) {
    const ElfW(Phdr) *segment = &info->dlpi_phdr[index];
    char *start = (char *)(info->dlpi_addr + segment->p_vaddr);
    char *end = start + segment->p_memsz;
    if (segment->p_type == PT_GNU_EH_FRAME) object.eh_frame = start;
    if (segment->p_type != PT_LOAD) continue;
    inside |= search->address >= (ElfW(Addr))start && search->address < (ElfW(Addr))end;
    if (start < (char *)object.start) object.start = start;
    if (end > (char *)object.end) object.end = end;
  }
  if (!inside || !object.eh_frame) return 0;
  *search->found = object;
  return 1;
}

// glibc 2.35's: the object that an address of code belongs to, for the unwinder. 0, or -1 when there is none.
int _dl_find_object(void *address, struct object *found) {
  struct search search = {(ElfW(Addr))address, found};
  return dl_iterate_phdr(look_in, &search) ? 0 : -1;
}

// libgcc_s has these under an old version only, which musl's loader passes over. Nobody asks it for the processor.
unsigned __cpu_model[4];
int __cpu_indicator_init(void) { return 0; }
