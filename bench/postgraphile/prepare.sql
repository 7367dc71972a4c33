-- What a skilled user of PostGraphile would add after ../sql/prepare.sql: relations it can follow, functions where a
-- condition is more than equality, views of what counts, and all other tables hidden.

COMMENT ON TABLE household IS E'@foreignKey (hamlet_id) references unit (id)|@fieldName hamlet';
COMMENT ON TABLE seller IS E'@foreignKey (hamlet_id) references unit (id)|@fieldName hamlet';

-- What a unit belongs to now.
CREATE VIEW parentage_now AS SELECT unit_id, parent_id FROM unit_parentage WHERE valid_until IS NULL;
COMMENT ON VIEW parentage_now IS E'@primaryKey unit_id\n@foreignKey (unit_id) references unit (id)|@foreignFieldName within\n@foreignKey (parent_id) references unit (id)|@fieldName parent';

CREATE FUNCTION communes(day date) RETURNS SETOF unit LANGUAGE sql STABLE AS $$
    SELECT * FROM unit
    WHERE level = 'COMMUNE' AND (valid_from IS NULL OR valid_from <= day) AND (valid_until IS NULL OR valid_until > day)
    ORDER BY place
$$;
CREATE FUNCTION unit_children(parent unit, day date) RETURNS SETOF unit LANGUAGE sql STABLE AS $$
    SELECT child.*
    FROM unit_parentage parentage
    JOIN unit child ON child.id = parentage.unit_id
    WHERE parentage.parent_id = parent.id
        AND (parentage.valid_from IS NULL OR parentage.valid_from <= day)
        AND (parentage.valid_until IS NULL OR parentage.valid_until > day)
    ORDER BY child.place
$$;

-- Lines of reports that count.
CREATE VIEW counted_line AS
    SELECT line.partner, line.month, line.unit_id, line.issued, line.renewed, line.revoked
    FROM certificate_report report
    JOIN certificate_report_line line USING (partner, month, revision)
    WHERE report.state = 'ACCEPTED';
COMMENT ON VIEW counted_line IS E'@primaryKey partner,month,unit_id';
CREATE FUNCTION unit_counted_lines(unit unit, first_month integer, last_month integer) RETURNS SETOF counted_line
LANGUAGE sql STABLE AS $$
    SELECT * FROM counted_line
    WHERE unit_id = unit.id AND month BETWEEN first_month AND last_month
    ORDER BY partner, month
$$;
CREATE FUNCTION lines_within(code text, day date, last_month integer) RETURNS SETOF counted_line
LANGUAGE sql STABLE AS $$
    WITH RECURSIVE within AS (
        SELECT id FROM unit
        WHERE unit.code = $1 AND (valid_from IS NULL OR valid_from <= day) AND (valid_until IS NULL OR valid_until > day)
        UNION ALL
        SELECT unit.id
        FROM within
        JOIN unit_parentage parentage ON parentage.parent_id = within.id
        JOIN unit ON unit.id = parentage.unit_id
        WHERE unit.level <> 'HAMLET'
            AND (parentage.valid_from IS NULL OR parentage.valid_from <= day)
            AND (parentage.valid_until IS NULL OR parentage.valid_until > day)
    )
    SELECT counted_line.* FROM within JOIN counted_line ON counted_line.unit_id = within.id WHERE month <= last_month
$$;

-- What the newest survey of every active household found, with the commune it is in on a day.
CREATE VIEW surveyed AS
    SELECT household.number, parentage.parent_id AS commune_id, 1 AS households,
        household.has_fibre::integer AS fibre, survey.adults, survey.working_age, survey.smartphone, survey.trained, survey.public_service_account, survey.vneid_level_2,
        survey.cashless, survey.haugiang_app, survey.vssid, survey.zalo, survey.bank_app, survey.mobile_money,
        survey.viettel_money, survey.cashless_electricity, survey.cashless_water, survey.cashless_telecom
    FROM household
    JOIN connectivity_survey survey ON survey.number = household.number AND survey.surveyed_on = household.surveyed_on
    JOIN unit_parentage parentage ON parentage.unit_id = household.hamlet_id
    WHERE household.status = 'ACTIVE';
COMMENT ON VIEW surveyed IS E'@primaryKey number';
CREATE FUNCTION surveyed_on(day date) RETURNS SETOF surveyed LANGUAGE sql STABLE AS $$
    SELECT household.number, parentage.parent_id AS commune_id, 1 AS households,
        household.has_fibre::integer AS fibre, survey.adults, survey.working_age, survey.smartphone, survey.trained, survey.public_service_account, survey.vneid_level_2,
        survey.cashless, survey.haugiang_app, survey.vssid, survey.zalo, survey.bank_app, survey.mobile_money,
        survey.viettel_money, survey.cashless_electricity, survey.cashless_water, survey.cashless_telecom
    FROM household
    JOIN connectivity_survey survey ON survey.number = household.number AND survey.surveyed_on = household.surveyed_on
    JOIN unit_parentage parentage ON parentage.unit_id = household.hamlet_id
    WHERE household.status = 'ACTIVE'
        AND (parentage.valid_from IS NULL OR parentage.valid_from <= day)
        AND (parentage.valid_until IS NULL OR parentage.valid_until > day)
$$;

-- Listings on sale that are found by words, the nearest first.
CREATE VIEW found_listing AS
    SELECT listing.number, listing.price, listing.marketplace, marketplace.name AS marketplace_name, product.name,
        product.category, seller.name AS seller, product.stars, commune.name AS commune, 1 AS listings
    FROM listing
    JOIN product ON product.number = listing.product
    JOIN seller ON seller.number = product.seller
    JOIN marketplace ON marketplace.code = listing.marketplace
    JOIN parentage_now ON parentage_now.unit_id = seller.hamlet_id
    JOIN unit commune ON commune.id = parentage_now.parent_id;
COMMENT ON VIEW found_listing IS E'@primaryKey number';
CREATE FUNCTION search_listings(search text, today date) RETURNS SETOF found_listing LANGUAGE sql STABLE AS $$
    WITH typed AS (
        SELECT string_to_array(search, ' ') AS words
    ), found AS (
        SELECT product, sum(best) AS score
        FROM (
            SELECT word.word, product_word.product,
                max(product_word.weight * CASE WHEN product_word.word = word.word THEN 2 ELSE 1 END) AS best
            FROM typed
            CROSS JOIN LATERAL unnest(typed.words) AS word (word)
            JOIN product_word ON product_word.word >= word.word COLLATE "C"
                AND product_word.word < word.word || U&'\+10FFFF' COLLATE "C"
            GROUP BY word.word, product_word.product
        ) AS matched
        GROUP BY product
        HAVING count(*) = (SELECT cardinality(words) FROM typed)
    )
    SELECT listing.number, listing.price, listing.marketplace, marketplace.name, product.name, product.category,
        seller.name, CASE WHEN product.expires_on > today THEN product.stars END, commune.name, 1
    FROM found
    JOIN product ON product.number = found.product
    JOIN listing ON listing.product = product.number
    JOIN seller ON seller.number = product.seller
    JOIN marketplace ON marketplace.code = listing.marketplace
    JOIN unit_parentage within ON within.unit_id = seller.hamlet_id AND within.valid_until IS NULL
    JOIN unit commune ON commune.id = within.parent_id
    WHERE listing.status = 'ACTIVE'
    ORDER BY product.name_words - 1000 * (found.score + CASE
        WHEN product.folded_name LIKE search || '%' OR product.folded_name LIKE '% ' || search || '%' THEN 16
        ELSE 0
    END), listing.number
$$;
