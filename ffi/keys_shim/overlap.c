/* SPDX-License-Identifier: MIT */

#include "overlap.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "aziot-keys.h"

struct search {
    ElfW(Addr) base;
    bool is_allowed;
};

static size_t padded(size_t size)
{
    return (size + 3) & ~(size_t)3;
}

static bool allows(const ElfW(Nhdr) *note, const char *name, const char *description)
{
    uint32_t value;
    if (note->n_type != AZIOT_KEYS_NOTE_TYPE_OVERLAP ||
        note->n_namesz != sizeof AZIOT_KEYS_NOTE_NAME || note->n_descsz != sizeof value ||
        memcmp(name, AZIOT_KEYS_NOTE_NAME, sizeof AZIOT_KEYS_NOTE_NAME) != 0)
        return false;
    memcpy(&value, description, sizeof value);
    return value == 1;
}

static bool has_note(const char *at, size_t left)
{
    while (left >= sizeof(ElfW(Nhdr))) {
        ElfW(Nhdr) note;
        memcpy(&note, at, sizeof note);
        size_t name_size = padded(note.n_namesz);
        size_t size = sizeof note + name_size + padded(note.n_descsz);
        if (size > left)
            return false;
        if (allows(&note, at + sizeof note, at + sizeof note + name_size))
            return true;
        at += size;
        left -= size;
    }
    return false;
}

static int look_at(struct dl_phdr_info *object, size_t size, void *data)
{
    struct search *search = data;
    (void)size;
    if (object->dlpi_addr != search->base)
        return 0;
    for (size_t i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        const char *start = (const char *)(uintptr_t)(object->dlpi_addr + segment->p_vaddr);
        if (segment->p_type == PT_NOTE && has_note(start, segment->p_memsz))
            search->is_allowed = true;
    }
    return 1;
}

bool overlap_is_allowed(const void *function)
{
    Dl_info info;
    struct link_map *map = NULL;
    if (dladdr1(function, &info, (void **)&map, RTLD_DL_LINKMAP) == 0 || map == NULL)
        return false;
    struct search search = {map->l_addr, false};
    dl_iterate_phdr(look_at, &search);
    return search.is_allowed;
}
