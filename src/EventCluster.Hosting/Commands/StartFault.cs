using System.Data.Common;
using System.Net.Sockets;
using EventCluster.Hosting.Node;
using EventCluster.Storage.LocalDisk;
using Microsoft.AspNetCore.Connections;

namespace EventCluster.Hosting.Commands;

/// <summary>What an operator needs to know when a start fails for a reason of the machine, in one line.</summary>
internal static class StartFault
{
    private const string Advice = "Choose another address with --urls.";

    /// <summary>What to do about a database that answers, but not as it should; the classes are PostgreSQL's.</summary>
    private static string AdviceFor(string? sqlState) => sqlState switch
    {
        "42501" => "; the role needs CREATE on the database, or on a schema that exists",
        "25006" => "; name the primary, or say Target Session Attributes=primary",
        "28P01" or "28000" => "; check user name and password",
        "3D000" => "; make the database first",
        _ => "",
    };

    /// <summary>The line, or null when the exception is a surprise that deserves its stack trace.</summary>
    public static string? Explain(Exception exception) => exception switch
    {
        UnauthorizedAccessException => $"{exception.Message} Check the owner and the permissions of the data folder.",
        AddressInUseException or IOException { InnerException: AddressInUseException } => $"{exception.Message} {Advice}",
        SocketException or IOException { InnerException: SocketException } => $"cannot listen: {exception.Message}. {Advice}",
        DataDirectoryLockedException locked => $"{locked.Message} {ControlFile.HolderOf(locked.Directory)}",
        DbException e => $"The database refuses: {e.Message.TrimEnd('.')}{AdviceFor(e.SqlState)}.",
        InvalidDataException => $"{exception.Message} {exception.GetBaseException().Message}",
        IOException => exception.Message,
        OutOfMemoryException or ThreadStartException =>
            "The system gives no memory or no thread; a limit (ulimit -u, pids.max, the container's memory) is reached.",
        _ => null,
    };
}
