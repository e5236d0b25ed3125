use super::{Cell, LATITUDE_LIMIT, Point, metres};

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
