# SPDX-License-Identifier: Apache-2.0
"""A name server with odd ways, for what a correct one (Knot) cannot be made to do. It is a stand-in, of
dnspython: it has one zone, and answers from it but for what its ways say:

    AAAA: servfail        questions of this type, of every name ("ANY": of every type) get this: servfail,
                          refused, notimp, timeout, nxdomain, nodata, cut (a truncated answer, over TCP too)
    _acme-challenge TXT: servfail        of this one name, relative to the zone
    udp: cut              over UDP alone all questions get this
    apex: name            the zone itself is a CNAME of that name, beside its other records
"""
import contextlib
import socket
import struct
import threading

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset
import dns.zone

RCODES = {"servfail": dns.rcode.SERVFAIL, "refused": dns.rcode.REFUSED, "notimp": dns.rcode.NOTIMP,
          "nxdomain": dns.rcode.NXDOMAIN, "nodata": dns.rcode.NOERROR, "cut": dns.rcode.NOERROR}


UDP_SIZE = 1232  # octets


class DnsServer:
    """Answers at port 53 of an address what _answer(query, room) says: octets, or None for nothing. Each
    question has a thread of its own."""

    def __init__(self, address):
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind((address, 53))
        self.tcp = socket.create_server((address, 53), backlog=64)
        for serve in (self._serve_udp, self._serve_tcp):
            threading.Thread(target=serve, daemon=True).start()

    def _serve_udp(self):
        with contextlib.suppress(OSError):
            while True:
                question = self.udp.recvfrom(65535)
                if not question[0]:
                    return
                threading.Thread(target=self._one, args=question, daemon=True).start()

    def _one(self, wire, peer):
        answer = self._answer(wire, UDP_SIZE)
        with contextlib.suppress(OSError):
            if answer:
                self.udp.sendto(answer, peer)

    def _serve_tcp(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.tcp.accept()
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection):
        with contextlib.suppress(OSError, struct.error), connection:
            while True:
                size, = struct.unpack(">H", connection.recv(2, socket.MSG_WAITALL))
                answer = self._answer(connection.recv(size, socket.MSG_WAITALL), 65535)
                if not answer:
                    connection.recv(1)
                    return
                connection.sendall(struct.pack(">H", len(answer)) + answer)

    def stop(self):
        for one in (self.udp, self.tcp):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)  # closing alone would leave the threads waiting
            one.close()


class OddServer(DnsServer):
    def __init__(self, address, domain, text, ways):
        self.origin = dns.name.from_text(domain + ".")
        self.zone = dns.zone.from_text(text, origin=self.origin, relativize=False)
        self.ways = ways
        super().__init__(address)

    def _way(self, question, size):
        if size == UDP_SIZE and "udp" in self.ways:
            return self.ways["udp"]
        kind = dns.rdatatype.to_text(question.rdtype)
        label = question.name.relativize(self.origin).to_text()
        return self.ways.get(f"{label} {kind}") or self.ways.get(kind) or self.ways.get("ANY")

    def _answer(self, wire, size):
        query = dns.message.from_wire(wire)
        question, = query.question
        reply = dns.message.make_response(query)
        way = self._way(question, size)
        if way == "timeout":
            return None
        if not question.name.is_subdomain(self.origin):
            reply.set_rcode(dns.rcode.REFUSED)
            return reply.to_wire()
        reply.flags |= dns.flags.AA
        if way:
            reply.set_rcode(RCODES[way])
            reply.flags |= dns.flags.TC if way == "cut" else 0
            if way in ("nxdomain", "nodata"):
                self._add_soa(reply)
        else:
            self._look_up(question, reply)
        return reply.to_wire(max_size=size)

    def _look_up(self, question, reply):
        name = question.name
        if name == self.origin and "apex" in self.ways and question.rdtype not in (
                dns.rdatatype.SOA, dns.rdatatype.NS):
            reply.answer.append(dns.rrset.from_text(name, 300, "IN", "CNAME", self.ways["apex"]))
            return
        node = self.zone.get_node(name)
        if node is None:
            is_inside = any(other.is_subdomain(name) for other in self.zone.nodes)
            reply.set_rcode(dns.rcode.NOERROR if is_inside else dns.rcode.NXDOMAIN)
            self._add_soa(reply)
            return
        found = node.get_rdataset(self.zone.rdclass, question.rdtype) or node.get_rdataset(
            self.zone.rdclass, dns.rdatatype.CNAME)
        if found:
            reply.answer.append(dns.rrset.from_rdata_list(name, found.ttl, found))
        else:
            self._add_soa(reply)

    def _add_soa(self, reply):
        soa = self.zone.get_rdataset(self.origin, dns.rdatatype.SOA)
        reply.authority.append(dns.rrset.from_rdata_list(self.origin, soa.ttl, soa))
