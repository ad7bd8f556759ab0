/* SPDX-License-Identifier: Apache-2.0 */
#include "dns/ask.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <ldns/ldns.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/random.h"
#include "dns/packet.h"

#define PORT        53
#define UDP_SIZE    1232
#define HEAD_SIZE   12
#define LENGTH_SIZE 2 /* in front of a message over TCP */

enum phase { PHASE_UDP, PHASE_CONNECT, PHASE_SEND, PHASE_READ, PHASE_DONE };

/* One question under way. */
struct asking {
    const struct dns_ask *ask;
    struct dns_told *told;
    struct sockaddr_storage place;
    socklen_t place_len;
    enum phase phase;
    int fd;                            /* -1 = none */
    struct slice query;                /* with its length in front, as over TCP */
    unsigned char length[LENGTH_SIZE]; /* over TCP: of what comes, which then is `in` */
    unsigned char *in;
    size_t sent, got;
    int64_t began; /* clock_boot_ms() */
};

#define X(id, name) [DNS_ASK_##id] = name,
static const char *const failure_names[DNS_ASK_FAILURE_COUNT] = {DNS_ASK_FAILURES(X)};
#undef X

const char *dns_ask_failure_name(enum dns_ask_failure failure)
{
    return failure_names[failure];
}

/* ---- the question ---- */

DEFINE_FREEP(ldns_pkt, ldns_pkt_free)

static bool write_query(struct arena *mem, const struct dns_query *query, struct slice *out,
                        struct err *err)
{
    AUTO(ldns_pkt_freep) ldns_pkt *packet = NULL;
    ldns_rdf *name = ldns_dname_new_frm_str(query->name);
    unsigned char *octets, *wire = NULL;
    uint16_t id;
    size_t len;

    if (!name)
        return err_set(err, ERR_BAD_INPUT, "\"%.260s\" cannot be asked for: not a name",
                       query->name);
    packet = ldns_pkt_query_new(name, (ldns_rr_type)query->type, LDNS_RR_CLASS_IN, 0);
    assert(packet);
    random_bytes(&id, sizeof(id));
    ldns_pkt_set_id(packet, id);
    ldns_pkt_set_edns_udp_size(packet, UDP_SIZE);
    if (ldns_pkt2wire(&wire, packet, &len) != LDNS_STATUS_OK)
        return err_set(err, ERR_BAD_INPUT, "\"%.260s\" cannot be asked for", query->name);
    octets = arena_alloc(mem, LENGTH_SIZE + len);
    octets[0] = (unsigned char)(len >> 8);
    octets[1] = (unsigned char)len;
    memcpy(octets + LENGTH_SIZE, wire, len);
    free(wire);
    *out = slice_of(octets, LENGTH_SIZE + len);
    return true;
}

static struct slice message_of(const struct asking *a)
{
    return slice_of(a->query.data + LENGTH_SIZE, a->query.len - LENGTH_SIZE);
}

static void set_place(struct asking *a)
{
    uint16_t port = htons(a->ask->port ? a->ask->port : PORT);

    if (a->ask->server.len == 4) {
        struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = port};

        memcpy(&v4.sin_addr, a->ask->server.data, 4);
        memcpy(&a->place, &v4, sizeof(v4));
        a->place_len = sizeof(v4);
    } else {
        struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = port};

        assert(a->ask->server.len == 16);
        memcpy(&v6.sin6_addr, a->ask->server.data, 16);
        memcpy(&a->place, &v6, sizeof(v6));
        a->place_len = sizeof(v6);
    }
}

/* ---- ends ---- */

static void finish(struct asking *a, enum dns_ask_failure failure)
{
    if (a->fd >= 0)
        close(a->fd);
    a->fd = -1;
    a->phase = PHASE_DONE;
    a->told->failure = failure;
    a->told->answer.took_ms = clock_boot_ms() - a->began;
}

static void fail(struct asking *a, int code)
{
    finish(a, code == ECONNREFUSED || code == ECONNRESET || code == EPIPE ? DNS_ASK_CLOSED
                                                                          : DNS_ASK_UNREACHABLE);
}

static bool open_socket(struct asking *a, int type)
{
    if (a->fd >= 0)
        close(a->fd);
    a->fd = socket(a->place.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (a->fd >= 0 && (connect(a->fd, (const struct sockaddr *)&a->place, a->place_len) == 0 ||
                       errno == EINPROGRESS))
        return true;
    fail(a, errno);
    return false;
}

static void send_udp(struct asking *a)
{
    struct slice message = message_of(a);

    if (send(a->fd, message.data, message.len, 0) < 0 && errno != EAGAIN)
        fail(a, errno);
}

static void begin_tcp(struct asking *a)
{
    a->told->is_over_tcp = true;
    a->phase = PHASE_CONNECT;
    (void)open_socket(a, SOCK_STREAM);
}

/* ---- answers ---- */

/* Whether this is an answer (RFC 1035 section 4.1.1, QR) to the very question. */
static bool is_for(const struct asking *a, struct slice wire)
{
    struct slice query = message_of(a);

    return wire.len >= HEAD_SIZE && memcmp(wire.data, query.data, 2) == 0 && wire.data[2] & 0x80 &&
           packet_is_about(wire, &a->ask->query);
}

static void take_answer(struct arena *mem, struct asking *a, struct slice wire)
{
    struct dns_told *told = a->told;

    packet_read(mem, wire, &told->answer);
    told->is_authoritative = wire.data[2] & 0x04;
    packet_read_section(mem, wire, PACKET_AUTHORITY, &told->referral, &told->referral_count);
    packet_read_section(mem, wire, PACKET_ADDITIONAL, &told->glue, &told->glue_count);
    finish(a, DNS_ASK_NONE);
}

static void on_udp(struct arena *mem, struct asking *a)
{
    unsigned char octets[UDP_SIZE];
    ssize_t len = recv(a->fd, octets, sizeof(octets), 0);
    struct slice wire = slice_of(octets, len > 0 ? (size_t)len : 0);

    if (len < 0 && errno != EAGAIN && errno != EINTR)
        fail(a, errno);
    if (len < 0 || !is_for(a, wire))
        return;
    if (wire.data[2] & 0x02)
        begin_tcp(a);
    else
        take_answer(mem, a, wire);
}

static void on_connect(struct asking *a)
{
    int code = 0;
    socklen_t len = sizeof(code);

    if (getsockopt(a->fd, SOL_SOCKET, SO_ERROR, &code, &len) != 0 || code != 0)
        fail(a, code);
    else
        a->phase = PHASE_SEND;
}

static void on_send(struct asking *a)
{
    ssize_t len = send(a->fd, a->query.data + a->sent, a->query.len - a->sent, MSG_NOSIGNAL);

    if (len < 0 && errno != EAGAIN && errno != EINTR)
        fail(a, errno);
    if (len > 0)
        a->sent += (size_t)len;
    if (a->sent == a->query.len)
        a->phase = PHASE_READ;
}

static size_t length_of(const struct asking *a)
{
    return (size_t)(a->length[0] << 8 | a->length[1]);
}

/* What is missing of the length, then of the message. */
static ssize_t receive(struct asking *a)
{
    if (a->got < LENGTH_SIZE)
        return recv(a->fd, a->length + a->got, LENGTH_SIZE - a->got, 0);
    return recv(a->fd, a->in + a->got - LENGTH_SIZE, LENGTH_SIZE + length_of(a) - a->got, 0);
}

static void on_length(struct arena *mem, struct asking *a)
{
    if (length_of(a) < HEAD_SIZE || length_of(a) > DNS_ASK_ANSWER_MAX)
        finish(a, DNS_ASK_BAD);
    else
        a->in = arena_alloc(mem, length_of(a));
}

static void on_message(struct arena *mem, struct asking *a)
{
    struct slice wire = slice_of(a->in, length_of(a));

    if (is_for(a, wire))
        take_answer(mem, a, wire);
    else
        finish(a, DNS_ASK_BAD);
}

static void on_read(struct arena *mem, struct asking *a)
{
    ssize_t len = receive(a);

    if (len == 0)
        finish(a, DNS_ASK_CLOSED);
    else if (len < 0 && errno != EAGAIN && errno != EINTR)
        fail(a, errno);
    if (len <= 0)
        return;
    a->got += (size_t)len;
    if (a->got == LENGTH_SIZE)
        on_length(mem, a);
    else if (a->got > LENGTH_SIZE && a->got == LENGTH_SIZE + length_of(a))
        on_message(mem, a);
}

static void on_event(struct arena *mem, struct asking *a)
{
    switch (a->phase) {
    case PHASE_UDP:
        on_udp(mem, a);
        return;
    case PHASE_CONNECT:
        on_connect(a);
        return;
    case PHASE_SEND:
        on_send(a);
        return;
    case PHASE_READ:
        on_read(mem, a);
        return;
    case PHASE_DONE:
        return;
    }
}

/* ---- all of them ---- */

static bool begin(struct arena *mem, struct asking *list, size_t count, struct err *err)
{
    for (size_t i = 0; i < count; i++)
        if (!write_query(mem, &list[i].ask->query, &list[i].query, err))
            return false;
    for (size_t i = 0; i < count; i++) {
        list[i].began = clock_boot_ms();
        set_place(&list[i]);
        if (open_socket(&list[i], SOCK_DGRAM))
            send_udp(&list[i]);
    }
    return true;
}

static size_t fill(const struct asking *list, size_t count, struct pollfd *fds)
{
    size_t open = 0;

    for (size_t i = 0; i < count; i++) {
        bool is_writing = list[i].phase == PHASE_CONNECT || list[i].phase == PHASE_SEND;

        fds[i] = (struct pollfd){.fd = list[i].fd, .events = is_writing ? POLLOUT : POLLIN};
        open += list[i].phase != PHASE_DONE;
    }
    return open;
}

/* Until all are done or it is `until`. */
static bool wait_all(struct arena *mem, struct asking *list, size_t count, int64_t until,
                     struct err *err)
{
    struct pollfd fds[DNS_ASK_MAX];

    while (fill(list, count, fds) > 0) {
        int64_t left = until - clock_boot_ms();

        if (left <= 0)
            return true;
        if (poll(fds, count, (int)left) < 0 && errno != EINTR)
            return err_errno(err, ERR_DNS, errno, "could not wait for name servers");
        for (size_t i = 0; i < count; i++)
            if (list[i].phase != PHASE_DONE && fds[i].revents)
                on_event(mem, &list[i]);
    }
    return true;
}

static bool ask_all(struct arena *mem, struct asking *list, size_t count, int64_t timeout_ms,
                    struct err *err)
{
    int64_t now = clock_boot_ms(), again = now + timeout_ms / 3;

    if (!begin(mem, list, count, err) || !wait_all(mem, list, count, again, err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (list[i].phase == PHASE_UDP)
            send_udp(&list[i]);
    return wait_all(mem, list, count, now + timeout_ms, err);
}

bool dns_ask(struct arena *mem, const struct dns_ask *asks, struct dns_told *told, size_t count,
             int64_t timeout_ms, struct err *err)
{
    struct asking list[DNS_ASK_MAX];
    bool is_asked;

    assert(count <= DNS_ASK_MAX);
    for (size_t i = 0; i < count; i++) {
        list[i] = (struct asking){.ask = &asks[i], .told = &told[i], .fd = -1};
        told[i] = (struct dns_told){
            .answer = {.query = asks[i].query, .rcode = -1, .reply = DNS_REPLY_TIMEOUT}};
    }
    is_asked = ask_all(mem, list, count, timeout_ms ? timeout_ms : DNS_ASK_MS, err);
    for (size_t i = 0; i < count; i++)
        if (list[i].phase != PHASE_DONE)
            finish(&list[i], DNS_ASK_TIMEOUT);
    return is_asked;
}
