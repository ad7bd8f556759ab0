/* SPDX-License-Identifier: Apache-2.0 */
#include "db/row.h"

#include <assert.h>

static const char letters[] = {[DB_TEXT] = 't', [DB_INT] = 'i', [DB_BYTES] = 'b'};

static _Noreturn void refuse(const struct query *q, size_t i, const char *why)
{
    fprintf(stderr, "query %s, position %zu: %s\n", q->name, i + 1, why);
    abort();
}

static bool is_null(const struct db_arg *arg)
{
    return arg->kind == DB_NULL || (arg->kind == DB_TEXT && !arg->text) ||
           (arg->kind == DB_BYTES && !arg->bytes.data);
}

static void check_arg(const struct query *q, size_t i, const struct db_arg *arg)
{
    char letter = q->params[i];

    if (arg->kind == DB_END)
        refuse(q, i, "an argument is missing");
    if (arg->kind != DB_NULL && letters[arg->kind] != letter_type(letter))
        refuse(q, i, "the argument has another type");
    if (is_null(arg) && !letter_is_nullable(letter))
        refuse(q, i, "the argument cannot be NULL");
}

size_t db_args_check(const struct query *q, const struct db_arg *args)
{
    size_t n = strlen(q->params);

    assert(n <= DB_PARAMS_MAX);
    for (size_t i = 0; i < n; i++)
        check_arg(q, i, &args[i]);
    if (args[n].kind != DB_END)
        refuse(q, n, "an argument too many");
    return n;
}

struct row *row_list_add(struct row_list *list, const struct query *q)
{
    size_t size = sizeof(struct row) + strlen(q->cols) * sizeof(struct cell);
    struct row *row = arena_alloc(list->mem, size);

    if (list->count == list->room) {
        const struct row **old = list->row;

        list->room = list->room ? 2 * list->room : 4;
        list->row = arena_array_of(list->mem, list->room, const struct row *);
        if (list->count)
            memcpy(list->row, old, list->count * sizeof(const struct row *));
    }
    row->query = q;
    list->row[list->count++] = row;
    return row;
}

static const struct cell *cell_of(const struct row *row, size_t i, char letter)
{
    if (i >= strlen(row->query->cols))
        refuse(row->query, i, "there is no such column");
    if (letter && letter_type(row->query->cols[i]) != letter)
        refuse(row->query, i, "the column has another type");
    return &row->cells[i];
}

const char *row_text(const struct row *row, size_t i)
{
    return cell_of(row, i, 't')->text;
}

int64_t row_i64(const struct row *row, size_t i)
{
    return cell_of(row, i, 'i')->number;
}

bool row_bool(const struct row *row, size_t i)
{
    return row_i64(row, i) != 0;
}

struct slice row_bytes(const struct row *row, size_t i)
{
    return cell_of(row, i, 'b')->bytes;
}

bool row_is_null(const struct row *row, size_t i)
{
    return cell_of(row, i, '\0')->is_null;
}
