use super::{Cell, LATITUDE_LIMIT, Point, Search, Shape, metres};
use crate::base::random::Random;

fn cell(longitude: f64, latitude: f64) -> Cell {
    Cell::of(Point::new(longitude, latitude).expect("within the limits"))
}

/// As GEOPOS prints it: 17 digits behind the point, without the zeros at their end.
fn printed(degrees: f64) -> String {
    format!("{degrees:.17}").trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Place, then score, geohash, and the printed longitude and latitude of redis-server 7.0.15.
const ANSWERS: &[(f64, f64, u64, &[u8; 11], &str, &str)] = &[
    (
        13.361389,
        38.115556,
        3479099956230698,
        b"sqc8b49rny0",
        "13.36138933897018433",
        "38.11555639549629859",
    ),
    (
        15.087269,
        37.502669,
        3479447370796909,
        b"sqdtr74hyu0",
        "15.08726745843887329",
        "37.50266842333162032",
    ),
    (
        -122.4194,
        37.7749,
        1367859919124626,
        b"9q8yyk8ytp0",
        "-122.41940170526504517",
        "37.77490001056577995",
    ),
    (0.0, 0.0, 3377699720527872, b"s0000000000", "0.00000268220901489", "0.00000126736058093"),
    (180.0, 85.05112878, 13510798882111488, b"bp05b5048p0", "180", "85.0511287799999991"),
    (-180.0, -85.05112878, 0, b"00bh0hbj200", "-179.99999731779098511", "-85.05112751263942528"),
    (180.0, 0.0, 10133099161583616, b"80000000000", "180", "0.00000126736058093"),
    (
        0.0,
        85.05112878,
        6755399441055744,
        b"up05b5048p0",
        "0.00000268220901489",
        "85.0511287799999991",
    ),
    (
        13.361389,
        -20.5,
        2612681237817915,
        b"kk3e2h16yg0",
        "13.36138933897018433",
        "-20.49999968499607661",
    ),
    (
        -63.420205,
        -59.35564,
        670490680993604,
        b"4t6ykfdu640",
        "-63.42020720243453979",
        "-59.35564016251441899",
    ),
    (
        54.33641,
        -72.685831,
        2413207195517780,
        b"j5ndkryw650",
        "54.33640748262405396",
        "-72.68582998943969642",
    ),
    (
        12.917522,
        -22.832884,
        2565387371163908,
        b"k7cnjgqkb40",
        "12.91752129793167114",
        "-22.83288353313802332",
    ),
    (
        -159.120387,
        1.264075,
        1137579691868759,
        b"82nz5nh5f00",
        "-159.12038952112197876",
        "1.26407431368639322",
    ),
    (
        -166.501563,
        -11.280234,
        366653462421774,
        b"2mcxg4mrbk0",
        "-166.5015605092048645",
        "-11.28023282194931909",
    ),
    (
        -154.852048,
        -69.578788,
        54406574774780,
        b"0e9uhm84jv0",
        "-154.85204547643661499",
        "-69.57878907009128966",
    ),
    (
        -27.173092,
        55.564861,
        2140047439976832,
        b"g3usjem0v00",
        "-27.1730920672416687",
        "55.56486074515548523",
    ),
];

#[test]
fn cells_their_text_and_their_middle_are_those_of_redis_server() {
    for &(longitude, latitude, bits, text, east, north) in ANSWERS {
        let cell = cell(longitude, latitude);
        assert_eq!(cell.bits(), bits, "{longitude} {latitude}");
        assert_eq!(&cell.text(), text, "{longitude} {latitude}");
        let centre = Cell::from_score(cell.score()).centre();
        assert_eq!(printed(centre.longitude), east, "{longitude} {latitude}");
        assert_eq!(printed(centre.latitude), north, "{longitude} {latitude}");
    }
}

/// Places of `ANSWERS` by their number, and the answer of GEODIST.
const DISTANCES: &[(usize, usize, &str)] = &[
    (0, 1, "166274.1516"),
    (0, 8, "6519591.4253"),
    (5, 6, "9459922.3650"),
    (7, 0, "5236476.6178"),
    (4, 15, "4326180.4248"),
    (13, 2, "7128167.0391"),
    (3, 9, "8544048.0631"),
    (9, 8, "7314863.4762"),
    (5, 1, "14711749.7418"),
    (6, 5, "9459922.3650"),
    (3, 8, "2704116.4596"),
    (2, 9, "12082875.1857"),
    (1, 9, "12936625.1562"),
    (6, 7, "10560811.4940"),
];

#[test]
fn distances_are_those_of_redis_server_to_the_last_printed_digit() {
    let centre = |at: usize| {
        let (longitude, latitude, ..) = ANSWERS[at];
        cell(longitude, latitude).centre()
    };
    for &(from, to, answer) in DISTANCES {
        assert_eq!(format!("{:.4}", metres(centre(from), centre(to))), answer, "{from} {to}");
    }
}

#[test]
fn a_point_outside_of_the_map_has_no_cell() {
    assert!(Point::new(180.0, LATITUDE_LIMIT).is_some());
    assert!(Point::new(-180.0, -LATITUDE_LIMIT).is_some());
    assert_eq!(Point::new(180.000_001, 0.0), None);
    assert_eq!(Point::new(0.0, 85.051_129), None);
    assert_eq!(Point::new(f64::NAN, 0.0), None);
    assert_eq!(Point::new(0.0, f64::NAN), None);
}

#[test]
fn a_score_that_is_no_cell_still_gives_a_point_within_the_limits() {
    for score in [f64::NEG_INFINITY, -1.0, 0.5, 1e300, f64::INFINITY, f64::NAN] {
        let centre = Cell::from_score(score).centre();
        assert!(Point::new(centre.longitude, centre.latitude).is_some(), "{score}");
    }
}

/// The middle, width and height (0: a circle whose radius the width is), and how many places of
/// `places` redis-server finds, and the sum of their numbers times their place in its answer.
const SEARCHES: &[(f64, f64, f64, f64, u64, u64)] = &[
    (-94.3327, 76.6823, 1023800.7, 1187295.4, 11, 63702),
    (147.1746, 68.0266, 528062.2, 0.0, 5, 16989),
    (121.1261, 67.1629, 78382.3, 8075552.2, 4, 4963),
    (-39.6228, 67.3474, 40855.6, 0.0, 0, 0),
    (100.8275, -18.4455, 2273718.3, 7849762.8, 61, 1760788),
    (-37.8132, -4.4303, 56673.7, 0.0, 0, 0),
    (-131.0512, 73.1594, 5291593.9, 393537.5, 23, 346406),
    (120.0518, 12.5839, 7094545.9, 0.0, 463, 110716642),
    (65.5136, 84.8108, 2034557.9, 2072054.9, 44, 959784),
    (-62.4995, 66.1856, 111924.4, 0.0, 0, 0),
    (119.3789, 65.3327, 11843924.7, 53721.4, 3, 8344),
    (108.2143, -27.9388, 5877522.0, 0.0, 349, 60093059),
    (-164.0916, -36.4048, 855487.7, 7886677.5, 17, 124505),
    (-79.5335, -44.8882, 1146524.4, 0.0, 14, 102804),
    (-168.704, -51.4446, 1964744.1, 11161031.2, 102, 4889069),
    (-57.667, -28.9339, 497811.6, 0.0, 4, 11305),
    (7.2263, 75.7445, 10702782.3, 4073158.3, 273, 38780528),
    (-82.3318, 17.2497, 11022320.2, 0.0, 1150, 653700375),
    (7.6058, 72.7194, 208294.9, 301261.1, 3, 5884),
    (32.1131, 10.6826, 1845574.7, 0.0, 38, 690088),
    (-53.0723, 35.1815, 9606975.8, 35913.4, 3, 7941),
    (-47.1007, 21.7548, 279436.6, 0.0, 0, 0),
    (-67.4386, 7.6497, 59247.0, 4111002.9, 1, 1860),
    (169.6948, 74.5002, 3889555.2, 0.0, 327, 54848726),
    (-94.0697, -53.143, 1153141.9, 9285121.2, 50, 1200534),
    (62.9739, -46.8417, 237381.4, 0.0, 1, 1810),
    (54.0837, 65.4327, 38740.3, 9765864.1, 3, 3300),
    (-66.5493, 5.9868, 3969983.4, 0.0, 128, 7629949),
    (51.0974, -12.3774, 704423.5, 5127759.8, 10, 64375),
    (-12.7005, 22.8105, 7826943.4, 0.0, 621, 188170826),
    (-123.8408, 82.4795, 425908.2, 9341551.9, 16, 129442),
    (153.8558, 81.5707, 2785079.0, 0.0, 215, 24305297),
    (166.8118, 82.0922, 10580513.7, 64862.0, 5, 10530),
    (-91.9678, -79.0254, 6777579.6, 0.0, 668, 221175167),
    (143.8829, 13.0821, 643112.0, 132287.9, 0, 0),
    (-172.8558, 6.2894, 244071.4, 0.0, 0, 0),
    (-89.1091, -1.8242, 118601.0, 65731.7, 0, 0),
    (139.5495, -64.7342, 4376196.2, 0.0, 360, 63161072),
    (-177.2983, 29.0044, 139788.8, 1279474.6, 0, 0),
    (7.0819, -76.3346, 3278221.9, 0.0, 299, 45867903),
    (-163.3735, 64.6932, 52958.2, 639016.4, 1, 172),
    (-66.2774, 77.5852, 195302.3, 0.0, 1, 1476),
    (-84.625, 82.9639, 2299912.6, 308048.4, 18, 198089),
    (-151.2356, 76.6931, 308097.5, 0.0, 2, 1886),
    (108.4179, -5.4725, 2993046.1, 208385.0, 1, 1742),
    (162.1041, -38.566, 2029737.1, 0.0, 40, 671964),
    (-154.2308, -5.9316, 297175.4, 6830003.3, 4, 12384),
    (104.7301, 66.5861, 1667066.7, 0.0, 66, 2161586),
    (139.4437, 79.4084, 764056.5, 4075811.4, 23, 311684),
    (77.9695, 72.1621, 54786.9, 0.0, 0, 0),
    (-144.2521, 64.6795, 36831.2, 62987.1, 0, 0),
    (-6.5084, 33.3794, 39291.6, 0.0, 0, 0),
    (96.2707, 66.2416, 57514.2, 868222.3, 0, 0),
    (18.0425, 62.8018, 1511922.3, 0.0, 39, 707795),
    (-16.5092, 69.3108, 339831.1, 257477.7, 1, 488),
    (-29.4416, 0.0248, 4935908.3, 0.0, 198, 18101199),
    (168.1528, 76.1763, 30000000.0, 80547.9, 5, 13357),
    (-35.6213, -26.9933, 30000000.0, 0.0, 2000, 2003849164),
    (6.2114, 17.5129, 2853225.5, 76040.2, 0, 0),
    (5.6226, 28.1193, 1760358.3, 0.0, 23, 316437),
];

/// Made by the same generator as those that redis-server was asked about.
fn places() -> Vec<(u64, u64)> {
    let mut state = 1_u64;
    let mut next = |limit: f64| {
        state = (state * 1_103_515_245 + 12_345) % (1 << 31);
        state as f64 / f64::from(1_u32 << 31) * (2.0 * limit) - limit
    };
    let mut places: Vec<_> =
        (0..2000).map(|number| (cell(next(180.0), next(85.0)).bits(), number)).collect();
    places.sort_unstable();
    places
}

#[test]
fn a_search_finds_what_redis_server_finds_in_the_same_order() {
    let places = places();
    for &(longitude, latitude, width, height, count, sum) in SEARCHES {
        let middle = Point::new(longitude, latitude).expect("within the limits");
        let shape = match height {
            0.0 => Shape::Circle { radius: width },
            height => Shape::Rectangle { width, height },
        };
        let search = Search::new(middle, shape);
        let mut found = Vec::new();
        for run in search.runs() {
            for &(bits, number) in
                places.iter().filter(|(bits, _)| (run.from..run.to).contains(bits))
            {
                let centre = Cell::from_score(bits as f64).centre();
                found.extend(search.distance(centre).map(|_| number));
            }
        }
        assert_eq!(found.len() as u64, count, "{search:?}");
        let weighed: u64 = found.iter().zip(1_u64..).map(|(number, place)| number * place).sum();
        assert_eq!(weighed, sum, "{search:?}");
    }
}

/// Whatever is told without a sine must be what the sine tells.
#[test]
fn a_circle_holds_exactly_the_places_that_are_near_enough() {
    let seed = Random::from_entropy().next_u64();
    let mut random = Random::from_seed(seed);
    let mut between = |low: f64, high: f64| {
        low + (high - low) * (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    };
    let mut held = 0;
    for _ in 0..20_000 {
        let middle = Point { longitude: between(-180.0, 180.0), latitude: between(-85.0, 85.0) };
        let reach = 10_f64.powf(between(-9.0, 2.2));
        let place = Point {
            longitude: (middle.longitude + between(-reach, reach)).clamp(-180.0, 180.0),
            latitude: (middle.latitude + between(-reach, reach)).clamp(-85.0, 85.0),
        };
        let far = metres(middle, place);
        // On the very edge, a little inside or outside, and anywhere.
        let edge = far * between(1.0 - 1e-6, 1.0 + 1e-6);
        for radius in [far, far.next_down(), far.next_up(), edge, far * between(0.0, 3.0)] {
            let found = Search::new(middle, Shape::Circle { radius }).distance(place);
            let expected = (far <= radius).then_some(far);
            assert_eq!(found, expected, "seed {seed}: {middle:?} {place:?} {radius}");
            held += u32::from(found.is_some());
        }
    }
    assert!(held > 1000, "seed {seed}");
}
