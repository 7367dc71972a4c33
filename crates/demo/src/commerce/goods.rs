//! What is made where: the province's specialities, by district, with what they usually cost.

use registry_domain::commerce::ProductCategory;

use ProductCategory::{
    Drink, FreshFood, Handicraft, Herbal, Ornamental, ProcessedFood, RawFood, Seasoning, Tourism,
};

/// A kind of product.
#[derive(Debug, Clone, Copy)]
pub(super) struct Good {
    pub(super) name: &'static str,
    pub(super) category: ProductCategory,
    /// The usual price, in ₫.
    pub(super) price: i64,
}

const fn good(name: &'static str, category: ProductCategory, price: i64) -> Good {
    Good { name, category, price }
}

const BONELESS_FISH: Good = good("Cá thát lát rút xương", ProcessedFood, 180_000);
const FISH_PASTE: Good = good("Chả cá thát lát", ProcessedFood, 160_000);
const SPICED_FISH: Good = good("Cá thát lát tẩm gia vị", ProcessedFood, 150_000);
const DRIED_FISH: Good = good("Khô cá sặc rằn", ProcessedFood, 350_000);
const FISH_SAUCE: Good = good("Mắm cá lóc", Seasoning, 120_000);
const POMELO: Good = good("Bưởi Năm Roi", FreshFood, 35_000);
const GREEN_POMELO: Good = good("Bưởi da xanh", FreshFood, 55_000);
const POMELO_OIL: Good = good("Tinh dầu bưởi Năm Roi", Herbal, 120_000);
const LEMON: Good = good("Chanh không hạt", FreshFood, 25_000);
const PINEAPPLE: Good = good("Khóm Cầu Đúc", FreshFood, 20_000);
const PINEAPPLE_SYRUP: Good = good("Siro khóm", Drink, 65_000);
const PINEAPPLE_JAM: Good = good("Mứt khóm Cầu Đúc", ProcessedFood, 70_000);
const PINEAPPLE_JUICE: Good = good("Nước ép khóm Cầu Đúc", Drink, 45_000);
const PINEAPPLE_TOUR: Good = good("Tham quan vườn khóm Cầu Đúc", Tourism, 120_000);
const SOURSOP_TEA: Good = good("Trà mãng cầu", Drink, 85_000);
const SOURSOP_JAM: Good = good("Mứt mãng cầu", ProcessedFood, 95_000);
const RICE: Good = good("Gạo OM 5451", RawFood, 110_000);
const FRAGRANT_RICE: Good = good("Gạo Đài Thơm 8", RawFood, 125_000);
const BANANA_FLOUR: Good = good("Bột chuối xiêm", ProcessedFood, 90_000);
const MUSHROOM: Good = good("Nấm bào ngư", FreshFood, 60_000);
const SAUSAGE: Good = good("Lạp xưởng", ProcessedFood, 220_000);
const GAC_WINE: Good = good("Rượu gấc", Drink, 150_000);
const RICE_PAPER: Good = good("Bánh tráng", ProcessedFood, 45_000);
const MANGO: Good = good("Xoài cát hồng", FreshFood, 60_000);
const WATERMELON: Good = good("Dưa hấu", FreshFood, 15_000);
const CORDYCEPS: Good = good("Đông trùng hạ thảo", Herbal, 450_000);
const BASKET: Good = good("Giỏ lục bình", Handicraft, 180_000);
const MAT: Good = good("Thảm lục bình", Handicraft, 240_000);
const APRICOT_TREE: Good = good("Chậu mai vàng", Ornamental, 500_000);

/// Each district's products, those it is known for first.
pub(super) const BY_DISTRICT: [(&str, &[Good]); 8] = [
    (
        "930",
        &[
            PINEAPPLE,
            BONELESS_FISH,
            PINEAPPLE_JAM,
            PINEAPPLE_SYRUP,
            FISH_PASTE,
            PINEAPPLE_JUICE,
            SPICED_FISH,
            PINEAPPLE_TOUR,
            GAC_WINE,
        ],
    ),
    ("931", &[POMELO, BASKET, MAT, GREEN_POMELO, RICE_PAPER, POMELO_OIL, APRICOT_TREE]),
    (
        "932",
        &[
            LEMON,
            SOURSOP_TEA,
            SOURSOP_JAM,
            POMELO,
            SAUSAGE,
            MUSHROOM,
            RICE,
            BANANA_FLOUR,
            POMELO_OIL,
        ],
    ),
    ("933", &[POMELO, LEMON, GREEN_POMELO, POMELO_OIL, SOURSOP_JAM, SAUSAGE, MANGO, BANANA_FLOUR]),
    (
        "934",
        &[
            FISH_SAUCE,
            DRIED_FISH,
            GREEN_POMELO,
            MANGO,
            MUSHROOM,
            RICE_PAPER,
            WATERMELON,
            BANANA_FLOUR,
            CORDYCEPS,
            RICE,
        ],
    ),
    (
        "935",
        &[
            BONELESS_FISH,
            FISH_PASTE,
            RICE,
            SPICED_FISH,
            FRAGRANT_RICE,
            BASKET,
            DRIED_FISH,
            WATERMELON,
        ],
    ),
    (
        "936",
        &[
            PINEAPPLE,
            DRIED_FISH,
            FRAGRANT_RICE,
            PINEAPPLE_SYRUP,
            FISH_SAUCE,
            PINEAPPLE_JAM,
            RICE,
            GAC_WINE,
        ],
    ),
    (
        "937",
        &[
            FRAGRANT_RICE,
            FISH_PASTE,
            RICE,
            RICE_PAPER,
            DRIED_FISH,
            BANANA_FLOUR,
            WATERMELON,
            SAUSAGE,
            FISH_SAUCE,
            APRICOT_TREE,
        ],
    ),
];

/// What tells products of one kind and place apart, and what it costs compared with the usual.
pub(super) const VARIANTS: [(&str, f64); 8] = [
    ("loại 1", 1.1),
    ("loại đặc biệt", 1.35),
    ("túi 500 g", 0.6),
    ("hộp quà", 1.8),
    ("túi 1 kg", 1.15),
    ("VietGAP", 1.25),
    ("loại nhỏ", 0.7),
    ("thùng 5 kg", 4.2),
];
