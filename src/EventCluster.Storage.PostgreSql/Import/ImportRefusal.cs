using EventCluster.Protocol;

namespace EventCluster.Storage.PostgreSql.Import;

/// <summary>Why a stream cannot be copied.</summary>
/// <param name="Outcome">The reason.</param>
/// <param name="Because">The stream that is in the way: one of the store, or the relative that cannot be copied.</param>
public readonly record struct ImportRefusal(ImportOutcome Outcome, StreamName Because);
