/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* assets: style, script and pictures, out of the binary. Their paths hold a hash of the content, so
 * that a browser may keep them for ever. */
#include "http/server.h"

void web_assets_start(void); /* once, before the others */
/* "/assets/<hash>/<name>"; the file must be there. */
const char *web_asset_path(const char *name);
http_handler web_get_asset;
