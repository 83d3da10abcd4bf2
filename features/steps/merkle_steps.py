"""Steps about the Merkle tree, proofs and tiles; what they check is in features/support/merkle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from behave import then, when

from features.support.merkle import oracle, proofs, tiles, trees
from indelible import merkle
from indelible.merkle import Frontier, TilePath

if TYPE_CHECKING:
    from behave.runner import Context


@when("the tree is built from these leaves, one row at a time")
def tree_from_table(context: Context) -> None:
    context.table_read = [dict(row.items()) for row in context.table]


@then("the tree's leaf hashes and roots are those of the table")
def tree_matches_table(context: Context) -> None:
    frontier = Frontier()
    hashes = []
    for row in context.table_read:
        hashes.append(merkle.leaf_hash(bytes.fromhex(row["leaf"])))
        assert hashes[-1].hex() == row["leaf hash"]
        frontier.append(hashes[-1])
        assert frontier.root().hex() == row["root of the rows so far"]
        assert merkle.root_hash(hashes).hex() == row["root of the rows so far"]


@then("the tree without leaves has the root {root}")
def tree_empty(context: Context, root: str) -> None:
    assert merkle.EMPTY_ROOT.hex() == root
    assert merkle.root_hash([]).hex() == root
    assert Frontier().root().hex() == root


@then('the tree\'s leaf "{text}" has the hash {digest}')
def tree_leaf(context: Context, text: str, digest: str) -> None:
    assert merkle.leaf_hash(text.encode()).hex() == digest


@then('the tree\'s node over "{left}" and "{right}" has the hash {digest}')
def tree_node(context: Context, left: str, right: str, digest: str) -> None:
    assert merkle.node_hash(left.encode(), right.encode()).hex() == digest


@then("the tree's subtree hashes have the digest {digest}")
def tree_subtrees(context: Context, digest: str) -> None:
    assert trees.subtree_hashes_digest() == digest


@then("the tree's frontier agrees with the definition for any batches")
def tree_batches(context: Context) -> None:
    trees.check_frontier_batches()


@when("the tree's frontier of 11 leaves is read {damage}")
def tree_damaged(context: Context, damage: str) -> None:
    data = trees.damaged_frontier(damage)
    context.refusal = trees.refusal(Frontier.from_bytes, data)


@then('the tree\'s refusal says "{text}"')
def tree_refusal(context: Context, text: str) -> None:
    assert text in context.refusal, context.refusal


@then("the tree's frontier refuses any other bytes")
def tree_bytes(context: Context) -> None:
    trees.check_frontier_bytes()


@when("the tree is extended by a hash of 31 bytes")
def tree_short_hash(context: Context) -> None:
    context.frontier = Frontier()
    context.frontier.extend(oracle.leaves(5))
    context.before = context.frontier.to_bytes()
    hashes = [bytes(32), bytes(31), bytes(32)]
    context.refusal = trees.refusal(context.frontier.extend, hashes)


@then("the tree's frontier is unchanged")
def tree_unchanged(context: Context) -> None:
    assert context.frontier.to_bytes() == context.before


@then("the tree's frontier is unchanged by an extension that fails half-way")
def tree_interrupted(context: Context) -> None:
    trees.check_interrupted_extend()


@then("the tree takes at most {limit:d} times hashlib's time to extend by 1,000 leaves")
def tree_cost(context: Context, limit: int) -> None:
    ratio = trees.extend_cost_ratio()
    assert ratio <= limit, f"{ratio:.2f} times"


@then("the tree's package imports from outside only")
def tree_imports(context: Context) -> None:
    assert trees.foreign_imports() == {row["module"] for row in context.table}


@then("the tree's package loads no cryptography before it is needed")
def tree_lazy(context: Context) -> None:
    assert not trees.loads_cryptography()


@then("the tree's package lists its public names in order")
def tree_names(context: Context) -> None:
    trees.check_public_names()


@then("the proof of inclusion is right in all trees up to size 130")
def proof_all_inclusion(context: Context) -> None:
    proofs.check_all_inclusion_proofs()


@then("the proof of consistency is right between all sizes up to 130")
def proof_all_consistency(context: Context) -> None:
    proofs.check_all_consistency_proofs()


@then("the proofs of inclusion in all subtrees have the digest {digest}")
def proof_subtrees(context: Context, digest: str) -> None:
    assert proofs.subtree_proofs_digest() == digest


@then("the proof of inclusion is refused for every changed bit")
def proof_inclusion_bits(context: Context) -> None:
    proofs.check_inclusion_bits()


@then("the proof of consistency is refused for every changed bit")
def proof_consistency_bits(context: Context) -> None:
    proofs.check_consistency_bits()


@then("the proof is refused after every edit of its list")
def proof_edits(context: Context) -> None:
    proofs.check_proof_edits()


@then("the proof's verifiers raise nothing but ProofError on garbage")
def proof_garbage(context: Context) -> None:
    proofs.check_proof_garbage()


@then("the proof in a tree of {size:d} leaves fetches no tile twice and at most two of each level")
def proof_tiles(context: Context, size: int) -> None:
    proofs.check_tiles_touched(size)


@then("the proof for any earlier size of a log of {size:d} leaves verifies")
def proof_past(context: Context, size: int) -> None:
    proofs.check_past_sizes(size)


@when("the proof is tried with {case}")
def proof_case(context: Context, case: str) -> None:
    context.refusal = proofs.refused_proof(case)


@then('the proof\'s refusal says "{text}"')
def proof_refusal(context: Context, text: str) -> None:
    assert text in context.refusal, context.refusal


@then('the tile path of level {level}, index {index:d} and width {width:d} is "{path}"')
def tile_path(context: Context, level: str, index: int, width: int, path: str) -> None:
    if level == "entries":
        assert merkle.entries_path(index, width) == path
        assert merkle.parse_path(path) == TilePath(None, index, width)
    else:
        assert merkle.tile_path(int(level), index, width) == path
        assert merkle.parse_path(path) == TilePath(int(level), index, width)


@then('the tile path "{path}" is refused')
def tile_path_refused(context: Context, path: str) -> None:
    assert "is not the path of a tile" in trees.refusal(merkle.parse_path, path)


@then("the tile paths round-trip, and any other text is refused")
def tile_paths(context: Context) -> None:
    tiles.check_paths()


@then("the tiles of a tree of size {size:d} are")
def tiles_of_size(context: Context, size: int) -> None:
    described = tiles.describe(size)
    for row in context.table:
        assert described[row["level"]] == row["tiles"], described


@then("the tiles completed by any batches are those of the tree, beyond 65536 leaves too")
def tiles_builder(context: Context) -> None:
    tiles.check_builder()


@then("the tile state restored at any size completes the same tiles")
def tile_state_restored(context: Context) -> None:
    tiles.check_restore()


@then("the tile state is refused for any changed bit, hash or level")
def tile_state_damaged(context: Context) -> None:
    tiles.check_restore_damage()


@then("the tiles that are new at each step add up to the tree's")
def tiles_new(context: Context) -> None:
    tiles.check_new_tiles()


@then("the tile bundle round-trips, and is refused when cut, padded or miscounted")
def tile_bundles(context: Context) -> None:
    tiles.check_bundles()


@then("the tile bundle of one entry of {size:d} bytes starts with {start}")
def tile_bundle_largest(context: Context, size: int, start: str) -> None:
    bundle = merkle.encode_entries([bytes(size)])
    assert bundle[:2].hex() == start
    assert merkle.decode_entries(bundle, 1) == [bytes(size)]


@when("the tile is tried with {case}")
def tile_case(context: Context, case: str) -> None:
    context.refusal = tiles.refused_tile(case)


@then('the tile\'s refusal says "{text}"')
def tile_refusal(context: Context, text: str) -> None:
    assert text in context.refusal, context.refusal
