"""What a program for a microcontroller takes: its sections and symbols, read from the ELF file."""

import struct
from pathlib import Path

# Of a section: its flag for what is loaded, and the kinds that are all zeros and that are a table of symbols.
ALLOC, NOBITS, SYMTAB = 2, 8, 2


class Elf:
    """A 32-bit little-endian ELF file."""

    def __init__(self, path):
        self.data = Path(path).read_bytes()
        assert self.data[:6] == b"\x7fELF\x01\x01", f"{path}: not a 32-bit little-endian ELF file"
        (offset,) = struct.unpack_from("<I", self.data, 32)
        size, count, names = struct.unpack_from("<HHH", self.data, 46)
        headers = [struct.unpack_from("<10I", self.data, offset + i * size) for i in range(count)]
        self.sections = [Section(self.text(headers[names][4] + header[0]), *header[1:]) for header in headers]

    def text(self, at):
        return self.data[at : self.data.index(0, at)].decode()

    def flash(self):
        """Bytes of code, constants and initial values."""
        return sum(s.size for s in self.sections if s.flags & ALLOC and s.kind != NOBITS)

    def ram(self):
        """Bytes of statics."""
        return sum(s.size for s in self.sections if s.name in (".data", ".bss"))

    def symbols(self):
        """Name and size of every symbol."""
        for table in self.sections:
            if table.kind == SYMTAB:
                names = self.sections[table.link].offset
                for at in range(table.offset, table.offset + table.size, 16):
                    name, _, size = struct.unpack_from("<III", self.data, at)
                    yield self.text(names + name), size


class Section:
    def __init__(self, name, kind, flags, address, offset, size, link, *_):
        self.name, self.kind, self.flags, self.address = name, kind, flags, address
        self.offset, self.size, self.link = offset, size, link
