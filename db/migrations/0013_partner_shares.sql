-- SPDX-License-Identifier: Apache-2.0
-- What the operator has set for a partner that is not like the others.

CREATE TABLE partner_share (
    partner_id {text} PRIMARY KEY REFERENCES partner (id),
    weight {int} NOT NULL,         -- its share of the line for new orders, beside those of others
    waiting_max {int} NOT NULL,    -- orders that are placed and not fulfilled; 0: any number
    orders_per_hour {int} NOT NULL -- 0: any number
) {strict};
CREATE INDEX cert_order_placed_of_partner ON cert_order (partner_id) WHERE state = 'placed';
