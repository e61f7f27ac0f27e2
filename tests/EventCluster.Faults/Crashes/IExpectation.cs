namespace EventCluster.Faults.Crashes;

/// <summary>What a server must serve after a restart.</summary>
internal interface IExpectation
{
    /// <summary>Asks a server; what is wrong, or null.</summary>
    Task<string?> FindFaultAsync(HttpClient client);
}
