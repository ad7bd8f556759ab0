# SPDX-License-Identifier: Apache-2.0
"""Does to the zones of the doctor's cases what the findings say is to be done, and looks again."""
import re

import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rdataset
import dns.zone

from doctor_kit import zone_of, zone_text


class Records:
    """A zone of a case, to be changed."""

    def __init__(self, domain, text):
        self.zone = dns.zone.from_text(text, origin=domain + ".", relativize=False,
                                       check_origin=False)

    def _set(self, action):
        return self.zone.find_rdataset(action["fqdn"] + ".", action["type"], create=True)

    @staticmethod
    def _rdata(action):
        value = action["value"]
        if action["type"] in ("CNAME", "NS"):
            value += "."
        if action["type"] == "TXT":
            value = f'"{value}"'
        return dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.from_text(action["type"]),
                                   value)

    def do(self, action):
        """Adds or removes a record; `replace`: in place of all that are there of its type."""
        records = self._set(action)
        if action["op"] == "replace" and action["fqdn"] not in self.replaced.setdefault(
                action["type"], []):
            self.replaced[action["type"]].append(action["fqdn"])
            records.clear()
        if action["op"] == "remove":
            assert self._rdata(action) in records, (action, list(records))
            records.remove(self._rdata(action))
        else:
            records.ttl = records.ttl or action["ttl"]
            records.add(self._rdata(action))

    def apply(self, actions):
        self.replaced = {}
        # What is to go makes room first: a CNAME stands alone. DS records are the parent's.
        for action in sorted(actions, key=lambda one: one["op"] != "remove"):
            if action["type"] != "DS":
                self.do(action)
        for node in [name for name, node in self.zone.nodes.items()
                     if not any(len(one) for one in node.rdatasets)]:
            self.zone.delete_node(node)
        for node in self.zone.nodes.values():
            node.rdatasets = [one for one in node.rdatasets if len(one)]

    def text(self):
        soa = self.zone.find_rdataset(self.zone.origin, "SOA")
        newer = soa[0].replace(serial=soa[0].serial + 1)
        soa.clear()
        soa.add(newer)
        return self.zone.to_text(relativize=False) + "\n"


def actions_of(result):
    """Of all findings, each once, but those of one that stands in for them."""
    found, actions = [], []
    for finding in result.every:
        for action in finding["actions"]:
            key = (action["op"], action["type"], action["fqdn"], action["value"])
            if key not in found:
                found.append(key)
                actions.append(action)
    return actions


def cure(clinic, results):
    """Applies the actions of each of these cases; the names of those that had some."""
    servers = {server.origin.to_text().rstrip("."): server for server in clinic.servers
               if hasattr(server, "zone") and hasattr(server, "ways") and not hasattr(server, "upper")}
    delegation = clinic.names.upper.zones["example"]
    cured = []
    for case in [one for one in clinic.cases if one.case in results]:
        actions = actions_of(results[case.case])
        if not actions or not (case.is_served() or case.odd is not None):
            continue
        for holder in ([(clinic.names.main, zone_of(case))] if case.odd is None else []) + (
                [(clinic.names.other, zone_text(case.domain, case.zone_filled(case.other)))]
                if case.other is not None else []):
            records = Records(case.domain, holder[1])
            records.apply(actions)
            holder[0].write(case.domain, records.text())
        if case.odd is not None:
            records = Records(case.domain, zone_of(case))
            records.apply([one for one in actions if "apex" not in case.odd or one["type"] != "CNAME"])
            servers[case.domain].zone = records.zone
            servers[case.domain].ways = {key: way for key, way in case.odd.items() if key != "apex"}
        for action in actions:
            if action["type"] in ("NS", "DS") and action["op"] == "remove":
                line = f"{action['fqdn']}. {action['type']} {action['value']}" + "." * (action["type"] == "NS")
                delegation = re.sub(rf"(?m)^{re.escape(line)}\n", "", delegation)
        cured.append(case.case)
    clinic.names.upper.write("example", re.sub(r" (\d+) 3600 ", lambda serial: f" {int(serial[1]) + 1} 3600 ",
                                               delegation, count=1))
    for knot in (clinic.names.upper, clinic.names.main, clinic.names.other):
        knot.reload()
    return cured


def uncover(clinic, before, after):
    """What a broken DNSSEC hid is cured as well: `after`, with the cases looked at again that it hid."""
    hidden = {name: after[name] for name, result in before.items()
              if "dnssec_bogus" in result.codes and actions_of(after[name])}
    cured = cure(clinic, hidden)
    return {**after, **(clinic.look([case for case in clinic.cases if case.case in cured]) if cured else {})}


def left_over(before, after):
    """The findings with actions that are still there: (code, subject)."""
    had = {(one["code"], one["subject"]) for one in before.every if one["actions"]}
    return sorted(had & {(one["code"], one["subject"]) for one in after.every})
