/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/extension.h"

static ASN1_IA5STRING *text_make(const char *text)
{
    ASN1_IA5STRING *string = ASN1_IA5STRING_new();

    if (string && ASN1_STRING_set(string, text, -1) == 1)
        return string;
    ASN1_IA5STRING_free(string);
    return NULL;
}

bool ca_general_name_push(GENERAL_NAMES *names, int type, ASN1_STRING *string)
{
    GENERAL_NAME *name = GENERAL_NAME_new();

    if (!name || !string) {
        GENERAL_NAME_free(name);
        ASN1_STRING_free(string);
        return false;
    }
    GENERAL_NAME_set0_value(name, type, string);
    if (sk_GENERAL_NAME_push(names, name) > 0)
        return true;
    GENERAL_NAME_free(name);
    return false;
}

AUTHORITY_KEYID *ca_authority_key_id_make(const X509 *issuer)
{
    AUTHORITY_KEYID *id = AUTHORITY_KEYID_new();

    if (!id)
        return NULL;
    id->keyid = X509_get_ext_d2i(issuer, NID_subject_key_identifier, NULL, NULL);
    if (id->keyid)
        return id;
    AUTHORITY_KEYID_free(id);
    return NULL;
}

static bool set_access(ACCESS_DESCRIPTION *access, const char *url)
{
    ASN1_IA5STRING *place = text_make(url);

    if (!place)
        return false;
    access->method = OBJ_nid2obj(NID_ad_ca_issuers);
    GENERAL_NAME_set0_value(access->location, GEN_URI, place);
    return true;
}

AUTHORITY_INFO_ACCESS *ca_issuer_access_make(const char *url)
{
    AUTHORITY_INFO_ACCESS *list = AUTHORITY_INFO_ACCESS_new();
    ACCESS_DESCRIPTION *access = ACCESS_DESCRIPTION_new();

    if (list && access && set_access(access, url) && sk_ACCESS_DESCRIPTION_push(list, access) > 0)
        return list;
    ACCESS_DESCRIPTION_free(access);
    AUTHORITY_INFO_ACCESS_free(list);
    return NULL;
}

static bool push_urls(GENERAL_NAMES *names, const char *const *urls, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!ca_general_name_push(names, GEN_URI, text_make(urls[i])))
            return false;
    }
    return true;
}

static DIST_POINT_NAME *place_make(const char *const *urls, size_t count)
{
    DIST_POINT_NAME *place = DIST_POINT_NAME_new();

    if (!place)
        return NULL;
    place->type = 0; /* fullName */
    place->name.fullname = GENERAL_NAMES_new();
    if (place->name.fullname && push_urls(place->name.fullname, urls, count))
        return place;
    DIST_POINT_NAME_free(place);
    return NULL;
}

static bool set_place(DIST_POINT *point, const char *url)
{
    point->distpoint = place_make(&url, 1);
    return point->distpoint;
}

CRL_DIST_POINTS *ca_crl_points_make(const char *url)
{
    CRL_DIST_POINTS *list = CRL_DIST_POINTS_new();
    DIST_POINT *point = DIST_POINT_new();

    if (list && point && set_place(point, url) && sk_DIST_POINT_push(list, point) > 0)
        return list;
    DIST_POINT_free(point);
    CRL_DIST_POINTS_free(list);
    return NULL;
}

ISSUING_DIST_POINT *ca_issuing_point_make(const char *const *urls, size_t count)
{
    ISSUING_DIST_POINT *point = ISSUING_DIST_POINT_new();

    if (!point)
        return NULL;
    if (count > 0)
        point->distpoint = place_make(urls, count);
    point->onlyuser = count > 0 ? 0xff : 0;
    point->onlyCA = count > 0 ? 0 : 0xff;
    if (count == 0 || point->distpoint)
        return point;
    ISSUING_DIST_POINT_free(point);
    return NULL;
}
