namespace EventCluster.Storage.PostgreSql.Import;

/// <summary>Carries a failure of the store that is copied past the guard of the database that is copied to.</summary>
internal sealed class SourceFailedException(Exception failure) : Exception(failure.Message, failure);
