/* What this library was compiled from: Python code of another version must leave it alone.  A file
 * that was built once stays where it is when the code beside it is exchanged.
 */
#include "core.h"

/* That of library.py.  Raise both whenever Python and C code of different age would misunderstand
 * each other though all sizes are the same: a function's arguments, the order of a structure's
 * members, the number of an operation. */
#define INTERFACE 1

static const integer layout[] = {
    INTERFACE,     sizeof(Operand), sizeof(Operation), sizeof(Tape),
    sizeof(Group), sizeof(System),  sizeof(Vectors),
};

/* The interface number, then the sizes of the structures; -1 beyond the last. */
EXPORT integer core_layout(integer which)
{
    const integer count = sizeof(layout) / sizeof(*layout);
    return which >= 0 && which < count ? layout[which] : -1;
}
