/* SPDX-License-Identifier: Apache-2.0 */
extern "C" {
#include "text/template.h"
}

#include <kainjow/mustache.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <regex>
#include <string>

/* No exception leaves this file. */

using kainjow::mustache::data;
using kainjow::mustache::mustache;

namespace
{

/* The library notes errors in the template while it renders, so one thread at a time has it. */
struct parsed {
    explicit parsed(const std::string &text) : mustache_(text)
    {
    }
    mustache mustache_;
    std::mutex lock;
};

struct too_large {
};

std::string name_of(const char *file)
{
    const std::string name(file);
    const std::string suffix(".html");

    return name.size() > suffix.size() &&
                   name.compare(name.size() - suffix.size(), suffix.size(), suffix) == 0
               ? name.substr(0, name.size() - suffix.size())
               : name;
}

using texts = std::map<std::string, std::string>;

/* The template with its partials in place; throws std::runtime_error. */
std::string put_in_partials(const texts &all, const std::string &name, int depth)
{
    static const std::regex partial(R"(\{\{>\s*([a-z0-9_]+)\s*\}\})");
    const auto found = all.find(name);
    std::string out;

    if (found == all.end())
        throw std::runtime_error("there is no partial \"" + name + "\"");
    if (depth > TEMPLATE_DEPTH_MAX)
        throw std::runtime_error("partials include one another without end");
    const std::string &text = found->second;
    std::sregex_iterator it(text.begin(), text.end(), partial), end;
    std::string::const_iterator from = text.begin();
    for (; it != end; ++it) {
        out.append(from, (*it)[0].first);
        out += put_in_partials(all, (*it)[1].str(), depth + 1);
        from = (*it)[0].second;
    }
    out.append(from, text.end());
    return out;
}

/* Throws std::runtime_error for what could put unescaped text into a page. */
void check_tags(const std::string &text)
{
    static const char *const refused[] = {"{{{", "{{&", "{{=", "{{>"};

    for (const char *tag : refused)
        if (text.find(tag) != std::string::npos)
            throw std::runtime_error(std::string("\"") + tag + "\" is not allowed");
}

data to_data(const json_t *json)
{
    switch (json_typeof(json)) {
    case JSON_OBJECT: {
        data object(data::type::object);
        const char *key;
        json_t *value;

        json_object_foreach(const_cast<json_t *>(json), key, value) object.set(key, to_data(value));
        return object;
    }
    case JSON_ARRAY: {
        data list(data::type::list);

        for (size_t i = 0; i < json_array_size(json); i++)
            list.push_back(to_data(json_array_get(json, i)));
        return list;
    }
    case JSON_STRING:
        return data(std::string(json_string_value(json), json_string_length(json)));
    case JSON_INTEGER:
        return data(std::to_string(json_integer_value(json)));
    case JSON_REAL:
        return data(std::to_string(json_real_value(json)));
    case JSON_TRUE:
        return data(true);
    case JSON_FALSE:
    case JSON_NULL:
        break;
    }
    return data(false);
}

} // namespace

struct template_set {
    std::map<std::string, std::unique_ptr<parsed>> templates;
};

bool template_set_new(const struct embedded_file *files, size_t count, struct template_set **out,
                      struct err *err)
{
    std::string file;

    try {
        auto set = std::make_unique<template_set>();
        texts all;

        for (size_t i = 0; i < count; i++)
            all[name_of(files[i].name)] =
                std::string(reinterpret_cast<const char *>(files[i].data), files[i].len);
        for (const auto &[name, text] : all) {
            file = name;
            const std::string whole = put_in_partials(all, name, 0);
            check_tags(whole);
            auto made = std::make_unique<parsed>(whole);
            if (!made->mustache_.is_valid())
                throw std::runtime_error(made->mustache_.error_message());
            set->templates[name] = std::move(made);
        }
        *out = set.release();
        return true;
    } catch (const std::exception &e) {
        return err_set(err, ERR_CONFIG, "template %s: %s", file.c_str(), e.what());
    }
}

void template_set_free(struct template_set *set)
{
    delete set;
}

bool template_render(struct arena *mem, const struct template_set *set, const char *name,
                     const json_t *json, struct slice *out, struct err *err)
{
    try {
        const auto found = set->templates.find(name);
        std::string text;

        if (found == set->templates.end())
            return err_set(err, ERR_INTERNAL, "there is no template \"%s\"", name);
        parsed &page = *found->second;
        const data values = to_data(json);
        const std::lock_guard<std::mutex> guard(page.lock);
        page.mustache_.render(values, [&text](const std::string &piece) {
            if (text.size() + piece.size() > TEMPLATE_OUTPUT_MAX)
                throw too_large{};
            text += piece;
        });
        *out = slice_of(arena_strndup(mem, text.data(), text.size()), text.size());
        return true;
    } catch (const too_large &) {
        return err_set(err, ERR_TOO_LARGE, "the page %s has more than %d octets", name,
                       TEMPLATE_OUTPUT_MAX);
    } catch (const std::exception &e) {
        return err_set(err, ERR_INTERNAL, "the page %s cannot be made: %s", name, e.what());
    }
}
